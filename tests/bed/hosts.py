"""The bed's BoKS hosts: simulated programs and files, the real gate behind sudo, real sshd in the host's namespace."""

import asyncio
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Final, Self

from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.remote.installation import authorized_keys_line, sudoers_lines
from boks_exporter.remote.settings import Prefix
from boks_exporter.simulator.domain import EPOCH, SimulatedDomain
from boks_exporter.simulator.listener import HostKeys, new_key, write_user_key
from tests.bed.layout import HOSTS, LAYOUT, RANGE, dns_name
from tests.bed.network import enter, run
from tests.sshd.daemon import SshdDaemon
from tests.sshd.host_files import HostTree, Tree
from tests.sshd.temporary_user import login

_WRITE_EVERY: Final[Seconds] = 2.0
_DISK: Final = "64k"
"""Of the file system where a host's gate keeps its state."""
_DATE: Final = """\
#!/bin/sh
# date, by a clock that is wrong by the number of seconds in the file next to it.
wrong=$(cat '{root}/clock')
exec '{root}/real-date' -d "@$(($('{root}/real-date' +%s) + ${{wrong:-0}}))" "$@"
"""


class BedHosts:
    """All hosts, for as long as the block runs."""

    def __init__(self, directory: Path, seed: int, *, section_timeout_seconds: int) -> None:
        self.directory = directory
        self.user = ""
        self.identity_file = directory / "id"
        self.second_identity_file = directory / "second_id"
        self.known_hosts = directory / "known_hosts"
        self._began = time.monotonic()
        domain = SimulatedDomain(LAYOUT, seed=seed)
        self.tree = Tree(
            domain,
            directory / "tree",
            self._now,
            section_timeout_seconds=section_timeout_seconds,
            prefix=Prefix.SUDO,
            write_every_seconds=_WRITE_EVERY,
        )
        self._keys = {name: HostKeys.generate() for name in HOSTS}
        self._daemons: dict[HostName, SshdDaemon] = {}
        self._open = AsyncExitStack()

    @property
    def daemons(self) -> Mapping[HostName, SshdDaemon]:
        return self._daemons

    async def __aenter__(self) -> Self:
        self.tree.directory.mkdir()
        first, second = new_key(), new_key()
        write_user_key(first, self.identity_file)
        write_user_key(second, self.second_identity_file)
        self._fingerprint = first.get_fingerprint()
        async with AsyncExitStack() as opened:
            self.user = await opened.enter_async_context(login())
            await opened.enter_async_context(self.tree)
            sudoers = Path("/etc/sudoers")
            gates = (sudoers_lines(self.user, str(host.gate)) for host in self.tree.hosts.values())
            sudoers.write_text("Defaults use_pty\n" + "".join(gates), encoding="utf-8")
            keys = [each.export_public_key("openssh").decode() for each in (first, second)]
            for name, host in self.tree.hosts.items():
                await _prepare(host)
                (directory := self.directory / name).mkdir()
                daemon = SshdDaemon(directory, self.user, within=_within(name, host), listen=("0.0.0.0", 22))
                daemon.options = ("LoginGraceTime 600",)
                lines = (authorized_keys_line(each, RANGE, str(host.gate)) for each in keys)
                daemon.write_authorized_keys("".join(lines))
                opened.push_async_callback(daemon.aclose)
                self._daemons[name] = daemon
            known = (f"{dns_name(name)} {_public(keys)}\n" for name, keys in self._keys.items())
            self.known_hosts.write_text("".join(known), encoding="utf-8")
            await asyncio.gather(*(self.start(name) for name in HOSTS))
            self._open = opened.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._open.aclose()

    async def start(self, host: HostName, *, other_key: bool = False, max_startups: str = "100:30:200") -> None:
        """Start or restart a host's sshd."""
        daemon = self._daemons[host]
        daemon.max_startups = max_startups
        keys = self._keys[host]
        await daemon.start(keys.other if other_key else keys.true)

    async def kill(self, host: HostName) -> None:
        """Kill a host's sshd with all sessions, and let nothing of it close a connection in order."""
        await self._daemons[host].send_signal(signal.SIGKILL)
        await self._daemons[host].stop()

    @contextmanager
    def first_key_removed(self, host: HostName) -> Iterator[None]:
        """Refuse the exporter's key, and no other, until the block ends."""
        file = self._daemons[host].directory / "authorized_keys"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text(lines[1], encoding="utf-8")
        try:
            yield
        finally:
            file.write_text("".join(lines), encoding="utf-8")

    def refused(self, host: HostName) -> int:
        """Return how often the exporter's key was refused since sshd was started."""
        return sum(
            "Failed publickey" in line and self._fingerprint in line for line in self._daemons[host].log.splitlines()
        )

    def set_clock(self, host: HostName, wrong_by: int) -> None:
        (self.tree.hosts[host].root / "clock").write_text(f"{wrong_by}\n", encoding="utf-8")

    def numbers(self) -> dict[HostName, int]:
        """Return the sum of each host's sequence numbers at this moment."""
        domain = self.tree.domain
        domain.advance(self._now() - EPOCH)
        return {
            name: sum(number for number, _ in host.copy.numbers(domain.now).values())
            for name, host in domain.hosts.items()
        }

    def _now(self) -> Timestamp:
        return EPOCH + time.monotonic() - self._began


async def _prepare(host: HostTree) -> None:
    """Mount a small file system for the state of a host's gate, and write a `date` with a clock of its own."""
    await run("mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=700", "state", str(host.state))
    shutil.copy2("/usr/bin/date", host.root / "real-date")
    date = host.root / "date"
    date.write_text(_DATE.format(root=host.root), encoding="utf-8")
    date.chmod(0o755)
    (host.root / "clock").write_text("0\n", encoding="utf-8")


def _within(name: HostName, host: HostTree) -> tuple[str, ...]:
    bound = 'mount --bind "$0/date" /usr/bin/date && exec "$@"'
    return (*enter(name), "unshare", "-m", "sh", "-c", bound, str(host.root))


def _public(keys: HostKeys) -> str:
    return keys.true.export_public_key().decode().strip()
