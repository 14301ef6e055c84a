"""Each kind of failure has its own reason, and the other hosts stay fresh; real sshd, real gate."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from boks_exporter.exposition import ExporterInfo, render
from boks_exporter.observe import SystemClock
from boks_exporter.poller import DomainWatch
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout
from boks_exporter.transport.ssh import SshTransport
from tests.integration.fleet import Fleet, running_fleet
from tests.sshd.processes import end, mentioning

pytestmark = pytest.mark.timeout(300)

INTERVAL = 60.0
DEADLINE = 12.0
AT_ONCE = 5
"""Hosts polled at the same time; waiting for a turn is not part of the deadline."""
GOOD = ("MASTER1", "GOOD1", "GOOD2")


@dataclass(frozen=True)
class Case:
    """The fault of a host, and the expected reason."""

    reason: str
    fault: Fault | None = None
    parameters: tuple[tuple[str, Any], ...] = ()


CASES = {
    "HOSTKEY": Case("host_key", Fault.WRONG_HOST_KEY),
    "LOGIN": Case("auth", Fault.WRONG_LOGIN),
    "CLOSED": Case("connect", Fault.REFUSED),
    "SILENT": Case("timeout", Fault.UNREACHABLE),
    "HANGS": Case("timeout", Fault.HANGING),
    "FLOOD": Case("too_large", Fault.GARBAGE, (("bytes", 10_000_000),)),
    "BABBLE": Case("parse", Fault.GARBAGE, (("bytes", 2000),)),
    "KILLED": Case("channel", Fault.HANGING),
    "NOGATE": Case("exit_status"),
}

LAYOUT = Layout(
    hosts=(
        HostPlan(name="MASTER1", role=Boksinit.MASTER),
        *(HostPlan(name=name, role=Boksinit.SERVER, delay_seconds=0.1) for name in (*GOOD[1:], *CASES)),
    ),
    writes_per_second=5.0,
)


@dataclass(frozen=True)
class Page:
    """One page as Prometheus reads it."""

    samples: dict[tuple[str, str, str], float]
    started_at: float

    def value(self, name: str, host: str, more: str = "") -> float | None:
        return self.samples.get((name, host, more))

    def failures(self, host: str) -> dict[str, float]:
        """Return the reasons that were counted at least once."""
        name = "boks_host_poll_failures_total"
        return {key[2]: value for key, value in self.samples.items() if key[:2] == (name, host) and value}


@dataclass(frozen=True)
class Trial:
    """Four rounds: one without faults, two with all faults, and one after the repair."""

    before: Page
    first: Page
    second: Page
    after: Page


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with running_fleet(LAYOUT, section_timeout_seconds=1) as fleet:
        yield asyncio.run(_trial(fleet))


async def _trial(fleet: Fleet) -> Trial:
    settings = fleet.ssh_settings(max_reply_bytes=1024 * 1024)
    transport = SshTransport(settings, timeout_seconds=DEADLINE)
    watch = DomainWatch(fleet.domain_settings(transport=settings), transport, SystemClock())
    try:
        before = await _look(watch)
        await asyncio.to_thread(_break, fleet)
        killer = asyncio.create_task(_kill_running_sessions(fleet, "KILLED"))
        first, second = await _look(watch), await _look(watch)
        killer.cancel()
        with suppress(asyncio.CancelledError):
            await killer
        await asyncio.to_thread(_repair, fleet)
        return Trial(before, first, second, await _look(watch))
    finally:
        await transport.aclose()


async def _look(watch: DomainWatch) -> Page:
    view = await watch.run_round(asyncio.Semaphore(AT_ONCE), INTERVAL)
    page = render([view], ExporterInfo(version="0", revision="0", python="3"))
    samples = {
        (sample.name, sample.labels.get("host", ""), sample.labels.get("reason") or sample.labels.get("state") or ""): (
            sample.value
        )
        for family in text_string_to_metric_families(page.classic.decode())
        for sample in family.samples
    }
    return Page(samples, view.snapshot.started_at)


def _break(fleet: Fleet) -> None:
    for name, case in CASES.items():
        if case.fault:
            fleet.set_fault(name, case.fault, **dict(case.parameters))
    gate = fleet.tree.hosts["NOGATE"].gate
    gate.rename(gate.with_suffix(".away"))
    # The gates that are cut off from outside must not end the command by themselves before.
    for name in ("KILLED", "FLOOD"):
        configuration = fleet.tree.hosts[name].gate.with_name("boks-gate.conf")
        configuration.write_text(configuration.read_text().replace("SECTION_TIMEOUT=1", "SECTION_TIMEOUT=60"))


def _repair(fleet: Fleet) -> None:
    fleet.repair()
    gate = fleet.tree.hosts["NOGATE"].gate
    gate.with_suffix(".away").rename(gate)


async def _kill_running_sessions(fleet: Fleet, host: str) -> None:
    """Kill a host's SSH sessions and their programs whenever one of its commands runs."""
    programs = [str(fleet.tree.hosts[host].root / "sbin")]
    while True:
        if await mentioning(programs):
            await asyncio.to_thread(fleet.call, fleet.servers.sever(host))
            await end(await mentioning(programs))
        await asyncio.sleep(0.05)


def test_at_first_all_is_well(trial: Trial) -> None:
    """Every host answers, and no failure is counted."""
    names = (*GOOD, *CASES)
    assert {name: trial.before.value("boks_host_up", name) for name in names} == dict.fromkeys(names, 1.0)
    assert {name: trial.before.failures(name) for name in names} == {name: {} for name in names}


@pytest.mark.parametrize("host", CASES)
def test_each_failure_is_counted_under_its_own_reason_and_no_other(trial: Trial, host: str) -> None:
    """Two failed rounds are two of this reason, and the host is not up."""
    assert trial.first.failures(host) == {CASES[host].reason: 1.0}
    assert trial.second.failures(host) == {CASES[host].reason: 2.0}
    assert trial.second.value("boks_host_up", host) == 0.0
    assert trial.second.value("boks_host_last_success_timestamp_seconds", host) == trial.before.value(
        "boks_host_last_success_timestamp_seconds", host
    )


@pytest.mark.parametrize("host", CASES)
def test_a_failed_host_has_no_numbers(trial: Trial, host: str) -> None:
    """Unknown values are absent: a host that does not answer has no old lag."""
    assert trial.before.value("boks_replica_lag_sequences", host) is not None
    assert trial.second.value("boks_replica_lag_sequences", host) is None
    assert trial.second.value("boks_replica_ahead_sequences", host) is None


@pytest.mark.parametrize("host", GOOD)
def test_the_other_hosts_stay_fresh(trial: Trial, host: str) -> None:
    """A round in which nine hosts fail still polls the others within the interval."""
    for page, earlier in ((trial.first, trial.before), (trial.second, trial.first)):
        success = page.value("boks_host_last_success_timestamp_seconds", host)
        assert success is not None
        assert page.started_at <= success <= page.started_at + INTERVAL
        assert success > (earlier.value("boks_host_last_success_timestamp_seconds", host) or 0.0)
        assert page.value("boks_host_up", host) == 1.0
        assert page.failures(host) == {}
    assert trial.second.value("boks_host_reconnects_total", host) == 0.0


def test_the_slowest_host_does_not_stretch_the_round_beyond_its_deadline(trial: Trial) -> None:
    """Hosts that never answer cost one deadline together, and the master's two readings."""
    assert (trial.second.value("boks_round_duration_seconds", "") or 0.0) < DEADLINE * 2


@pytest.mark.parametrize("host", CASES)
def test_a_repaired_host_works_in_the_next_round(trial: Trial, host: str) -> None:
    """One good round follows two bad ones, and the old failures stay counted."""
    assert trial.after.value("boks_host_up", host) == 1.0
    assert trial.after.failures(host) == {CASES[host].reason: 2.0}
    assert trial.after.value("boks_replica_lag_sequences", host) is not None
