"""A small domain behind real sshd, run next to the tests in a thread of its own."""

import asyncio
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from boks_exporter.config import DomainSettings
from boks_exporter.model import Host
from boks_exporter.remote.settings import Prefix, SshSettings
from boks_exporter.simulator.domain import EPOCH, Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from tests.sshd.host_files import Tree
from tests.sshd.processes import mentioning
from tests.sshd.servers import SshdServers

_Result = TypeVar("_Result")
Completed: TypeAlias = "subprocess.CompletedProcess[str]"

PATIENCE = 100.0

SECTION_TIMEOUT = 2
"""Seconds after which the installed gates cut off a command."""

LAYOUT = Layout(
    hosts=(
        HostPlan(name="MASTER1", role=Boksinit.MASTER, site="utrecht", section="core"),
        HostPlan(name="REPHOST2", role=Boksinit.SERVER, site="utrecht", section="core", delay_seconds=0.1),
        HostPlan(name="REPHOST3", role=Boksinit.SERVER, site="rotterdam", section="edge", delay_seconds=0.1),
        HostPlan(name="CLIENT1", role=Boksinit.CLIENT, site="rotterdam", section="edge"),
    ),
    writes_per_second=20.0,
)


class DomainTime:
    """The domain's time: as fast as the machine's, or standing still, so that numbers can be compared."""

    def __init__(self) -> None:
        self._offset = EPOCH - time.monotonic()
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        return self._offset + time.monotonic() if self._stopped_at is None else self._stopped_at

    def pass_on(self, seconds: float) -> None:
        """Advance the time immediately."""
        self._offset += seconds

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        self._stopped_at = self()
        try:
            yield
        finally:
            self._offset = self._stopped_at - time.monotonic()
            self._stopped_at = None


class Fleet:
    """The servers, and a door into the thread in which they run."""

    def __init__(self, loop: asyncio.AbstractEventLoop, servers: SshdServers, clock: DomainTime) -> None:
        self.servers = servers
        self.clock = clock
        self._loop = loop

    @property
    def tree(self) -> Tree:
        return self.servers.tree

    @property
    def domain(self) -> SimulatedDomain:
        return self.tree.domain

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.tree.hosts)

    def call(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do something in the servers' thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=PATIENCE)

    def do(self, work: Callable[[], _Result]) -> _Result:
        """Call a plain function in the servers' thread, for what the domain's writer must not interrupt."""

        async def done() -> _Result:
            return work()

        return self.call(done())

    def set_fault(self, host: str, fault: Fault, **parameters: Any) -> None:
        self.call(self.servers.set_fault(host, fault, **parameters))

    def clear_fault(self, host: str, fault: Fault) -> None:
        self.call(self.servers.clear_fault(host, fault))

    def repair(self) -> None:
        """Clear every fault."""
        for name, host in self.domain.hosts.items():
            for fault in tuple(host.faults):
                self.clear_fault(name, fault)

    def programs_running(self, host: str) -> set[int]:
        """Name the processes of a host's gate and programs that still run, after a moment for the last to end."""
        paths = [str(self.tree.hosts[host].gate), str(self.tree.hosts[host].root / "sbin")]
        for _ in range(50):
            running = self.call(mentioning(paths))
            if not running:
                break
            time.sleep(0.05)
        return running

    def is_running(self, host: str) -> bool:
        """Return whether one of a host's programs is waiting for its output."""
        return bool(self.call(mentioning([str(self.tree.hosts[host].root / "sbin")])))

    def host(self, name: str) -> Host:
        plan = self.domain.hosts[name]
        return Host(name, self.servers.address, self.servers.port(name), plan.site, plan.section)

    def ssh_settings(self, **changes: Any) -> SshSettings:
        stated: dict[str, Any] = {
            "user": self.servers.user,
            "identity_files": (self.servers.identity_file,),
            "known_hosts": self.servers.known_hosts,
            "backoff_initial_seconds": 0.1,
        }
        return SshSettings(**(stated | changes))

    def domain_settings(self, **changes: Any) -> DomainSettings:
        stated: dict[str, Any] = {
            "name": "trial",
            "transport": self.ssh_settings(),
            "hosts": tuple(self.host(name) for name in self.names),
        }
        return DomainSettings(**(stated | changes))

    def command(self, program: str, host: str, *arguments: str, key: Path | None = None) -> list[str]:
        """Write the command line of one of OpenSSH's clients; options of its own stand in front of the target."""
        options = (
            *("-F", "none", "-i", str(key or self.servers.identity_file)),
            *("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"),
            *("-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={self.servers.known_hosts}"),
            *("-o", f"Port={self.servers.port(host)}", "-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=ERROR"),
        )
        before = [word for word in arguments if word.startswith("-")]
        after = [word for word in arguments if not word.startswith("-")]
        return [program, *options, *before, f"{self.servers.user}@{self.servers.address}", *after]

    def ssh(self, host: str, *arguments: str, stdin: str = "", program: str = "ssh") -> Completed:
        """Run one of OpenSSH's own clients against a host."""
        return self.run(self.command(program, host, *arguments), stdin)

    def cut(self, host: str) -> None:
        """Cut the connections to a host."""
        self.call(self.servers.cut(host))

    def run(self, command: list[str], stdin: str = "") -> Completed:
        """Run a command line to its end."""
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120)


@contextmanager
def running_fleet(
    layout: Layout = LAYOUT, section_timeout_seconds: int = SECTION_TIMEOUT, prefix: Prefix = Prefix.NONE
) -> Iterator[Fleet]:
    """Run servers in a thread; their directory is outside pytest's own, which only its owner may enter."""
    directory = Path(tempfile.mkdtemp(prefix="boks-"))
    directory.chmod(0o755)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fleet")
    thread.start()
    opened = AsyncExitStack()
    try:
        opening = _open(opened, layout, directory, section_timeout_seconds, prefix)
        yield asyncio.run_coroutine_threadsafe(opening, loop).result(timeout=PATIENCE)
    finally:
        asyncio.run_coroutine_threadsafe(opened.aclose(), loop).result(timeout=PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        shutil.rmtree(directory)


async def _open(opened: AsyncExitStack, layout: Layout, directory: Path, section_timeout: int, prefix: Prefix) -> Fleet:
    for name in ("tree", "ssh"):
        (directory / name).mkdir()
    clock = DomainTime()
    tree = Tree(
        SimulatedDomain(layout, seed=1),
        directory / "tree",
        clock,
        section_timeout_seconds=section_timeout,
        prefix=prefix,
    )
    await opened.enter_async_context(tree)
    servers = await opened.enter_async_context(SshdServers(tree, directory / "ssh"))
    return Fleet(asyncio.get_running_loop(), servers, clock)
