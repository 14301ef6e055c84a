"""What a diagnosis asks live hosts for, over SSH."""

import time
from pathlib import Path

from boks_exporter.config import DomainSettings, PollSettings, Settings
from boks_exporter.diagnosis.diagnose import diagnose, gather
from boks_exporter.diagnosis.result import DiagnosisFacts, Rank
from boks_exporter.model import Host, Section
from boks_exporter.remote.settings import SshSettings
from boks_exporter.simulator.domain import SimulatedDomain, published_layout
from boks_exporter.simulator.server import SimulatedServers


async def test_the_host_and_its_master_are_asked_for_everything_once(tmp_path: Path) -> None:
    """Over verified SSH, with the gate's own answers; no other host is asked for more than a round needs."""
    domain = SimulatedDomain(published_layout(), seed=1)
    now = domain.epoch + 600 - time.time()
    async with SimulatedServers(domain, tmp_path, lambda: time.time() + now) as servers:
        domain.lose_processes("REPHOST3", "servc.r")
        hosts = tuple(
            Host(name, servers.address, servers.port(name), host.site, host.section)
            for name, host in domain.hosts.items()
        )
        ssh = SshSettings(user=servers.user, identity_files=(servers.identity_file,), known_hosts=servers.known_hosts)
        bank = DomainSettings(name="bank", transport=ssh, hosts=hosts)
        gathered = await gather(Settings(domains=(bank,), poll=PollSettings(timeout_seconds=60.0)), (), "REPHOST3")
    seen = gathered.seen["bank"]
    assert set(seen) == {"REPHOST3", "MASTER1"}
    assert seen["REPHOST3"].ports
    hostkey = seen["REPHOST3"].reply.section(Section.HOSTKEY)
    assert hostkey
    assert hostkey.exit_status == 0
    found = diagnose(DiagnosisFacts("REPHOST3", gathered.report["domains"][0], seen, ""))
    assert [cause.rank for cause in found.causes] == [Rank.PROCESS_MISSING]
