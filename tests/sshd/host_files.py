"""A simulated domain as files: for each host its BoKS directories, its programs and the real gate in front of them."""

import asyncio
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.remote.gate import GateKind, gate_text
from boks_exporter.remote.installation import gate_conf
from boks_exporter.remote.settings import Prefix, RemotePaths
from boks_exporter.simulator.domain import Fault, Printed, SimulatedDomain
from boks_exporter.simulator.domain.files import CHECKED, PID_FILES, queue_ages, running
from tests.sshd.fake_program_calls import Calls

PROGRAMS: Final = ("boksadm", "boksdiag", "convert", "Boot", "dumpbase", "hostadm", "cadm", "hostkey")

_DATA: Final = "var/data"
_PS_LIST: Final = "sbin/ps.list"
_MARKER: Final = "# -- the sender's settings are inserted here --\n"
_SPOOL: Final = "var/data/master_spool"
_WRITE_EVERY: Final[Seconds] = 0.25
_EXECUTABLE: Final = 0o755
_READABLE: Final = 0o644


@dataclass
class HostTree:
    """One host's directory: `etc` is its BOKS_etc, `var` its BOKS_var, `sbin` holds its programs."""

    name: HostName
    root: Path
    prefix: Prefix = Prefix.NONE
    written: dict[str, bytes] = field(default_factory=dict)

    @property
    def gate(self) -> Path:
        return self.root / "boks-gate"

    @property
    def operator_gate(self) -> Path:
        return self.root / "boks-operator-gate"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def data(self) -> Path:
        return self.root / _DATA

    def aside(self) -> list[Path]:
        """Find the databases that were moved aside."""
        return sorted(self.data.glob("removed-*/"))

    def paths(self, section_timeout_seconds: int) -> RemotePaths:
        return RemotePaths(
            boks_etc=str(self.root / "etc"),
            boks_var=str(self.root / "var"),
            boksadm=str(self.root / "sbin/boksadm"),
            prefix=self.prefix,
            section_timeout_seconds=section_timeout_seconds,
        )


class Tree:
    """Keep the files of all hosts as the domain says for as long as the block runs.

    Who removes a host's database by hand (`*.dat` and `sequence`) has removed it in the domain as well; until the last
    of these files is gone, those that are do not come back. What the operator's gate moved aside lies aside in the
    domain, too, and comes back with its files.
    """

    def __init__(
        self,
        domain: SimulatedDomain,
        directory: Path,
        now: Callable[[], Timestamp] = time.time,
        *,
        section_timeout_seconds: int = 20,
        prefix: Prefix = Prefix.NONE,
        write_every_seconds: Seconds = _WRITE_EVERY,
    ) -> None:
        self.domain = domain
        self.directory = directory
        self.prefix = prefix
        self.hosts = {name: HostTree(name, directory / name, prefix) for name in domain.hosts}
        self.pace = 1.0
        """By so much the time is multiplied that commands take."""
        self._now = now
        self._write_every = write_every_seconds
        self._section_timeout = section_timeout_seconds
        self._open = AsyncExitStack()

    def __repr__(self) -> str:
        return f"<Tree {self.directory} {len(self.hosts)} hosts>"

    async def __aenter__(self) -> Self:
        """Write everything, and from then on what changes."""
        for host in self.hosts.values():
            _install(host, self.directory, host.paths(self._section_timeout))
        self.write()
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(Calls(self.directory, self._run))
            writer = asyncio.create_task(self._keep_writing(), name="tree")
            opened.push_async_callback(_end, writer)
            self._open = opened.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop answering the programs; the files stay."""
        await self._open.aclose()

    def paths(self, host: HostName) -> RemotePaths:
        return self.hosts[host].paths(self._section_timeout)

    def set_fault(self, host: HostName, fault: Fault, **parameters: Any) -> None:
        self.write()
        self.domain.set_fault(host, fault, **parameters)
        self.write()

    def clear_fault(self, host: HostName, fault: Fault) -> None:
        self.write()
        self.domain.clear_fault(host, fault)
        self.write()

    def write(self) -> None:
        """Bring domain and files together: first what was removed by hand, then what time and commands changed."""
        self.domain.advance(self._now() - self.domain.epoch)
        for host in self.hosts.values():
            self._write(host)

    def _write(self, host: HostTree) -> None:
        simulated = self.domain.hosts[host.name]
        removed = {name for name in host.written if _is_database(name) and not (host.root / name).exists()}
        self._take_back(host)
        wanted = dict(self.domain.files(host.name))
        if removed and removed == {name for name in host.written if _is_database(name)}:
            self._take_away(host)
            wanted = dict(self.domain.files(host.name))
            removed = set()
            host.written = {name: content for name, content in host.written.items() if not _is_database(name)}
        _update(host, {name: content for name, content in wanted.items() if name not in removed}, removed)
        _write_processes(host, running(simulated))
        _age_spool(host, queue_ages(self.domain, simulated))

    def _take_away(self, host: HostTree) -> None:
        """Remove the database from the domain, or move it aside where its files were."""
        aside = self.domain.hosts[host.name].aside
        new = [path.name.removeprefix("removed-") for path in host.aside() if path.name[len("removed-") :] not in aside]
        if new:
            self.domain.move_data_aside(host.name, new[0])
        else:
            self.domain.remove_data(host.name)

    def _take_back(self, host: HostTree) -> None:
        """Bring back what lay aside, once the last of its files stands in its place again."""
        lying = {path.name for path in host.aside()}
        simulated = self.domain.hosts[host.name]
        for name in tuple(simulated.aside):
            is_back = f"removed-{name}" not in lying and (host.root / _DATA / "sequence").exists()
            if is_back and simulated.copy.database is None:
                self.domain.bring_data_back(host.name, name)

    def _run(self, name: HostName, argv: tuple[str, ...]) -> Printed:
        host = self.hosts[name]
        self.domain.advance(self._now() - self.domain.epoch)
        self._write(host)
        printed = self.domain.run(name, argv)
        self._write(host)
        return replace(printed, delay_seconds=printed.delay_seconds * self.pace)

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(self._write_every)
            self.write()


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _install(host: HostTree, tree: Path, paths: RemotePaths) -> None:
    """Make the directories, the programs, and the gate with its configuration."""
    for directory in ("etc", "var", "sbin", _DATA, _SPOOL, "var/LCK"):
        (host.root / directory).mkdir(parents=True)
    host.state.mkdir(mode=0o700)
    text = Path(__file__).with_name("program.sh").read_text(encoding="utf-8")
    for command in PROGRAMS:
        words = {"@tree@": str(tree), "@host@": host.name, "@command@": command}
        _write_program(host.root / "sbin" / command, _filled_in(text, words))
    _write_program(host.root / "sbin/ps", f"#!/bin/sh\ncat '{host.root / _PS_LIST}'\n")
    # All hosts of the tree run on one machine: each gate sees the processes of its own host only.
    _write_program(host.gate, gate_text().replace(_MARKER, f"gate_ps='{host.root}/sbin/ps'\n", 1))
    _write_program(host.operator_gate, gate_text(GateKind.OPERATOR))
    configuration = host.gate.with_name("boks-gate.conf")
    configuration.write_text(gate_conf(paths, operator=True, state=str(host.state)), encoding="utf-8")
    configuration.chmod(_READABLE)


def _filled_in(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        if "'" in value:
            message = f"expected no quote in {value!r}, which goes into a shell program"
            raise ValueError(message)
        text = text.replace(word, value)
    return text


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(_EXECUTABLE)


def _is_database(name: str) -> bool:
    return name == f"{_DATA}/sequence" or (name.startswith(f"{_DATA}/") and name.endswith(".dat"))


def _update(host: HostTree, wanted: Mapping[str, bytes], removed: set[str]) -> None:
    """Write what changed, and remove what the domain no longer has."""
    for name in host.written.keys() - wanted.keys() - removed:
        (host.root / name).unlink(missing_ok=True)
    for name, content in wanted.items():
        if host.written.get(name) != content:
            if _is_database(name) and name in host.written:
                _overwrite(host.root / name, content)
            else:
                _replace(host.root / name, content)
    host.written = {name: host.written[name] for name in removed} | dict(wanted)


def _replace(path: Path, content: bytes) -> None:
    """Write so that no reader meets half a file."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def _overwrite(path: Path, content: bytes) -> None:
    """Write into a file that is there; one that was just removed by hand stays away."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(descriptor, content)
        finally:
            os.close(descriptor)


def _write_processes(host: HostTree, names: Collection[str]) -> None:
    """Write the pid files and what the host's `ps` lists; boks_init is this process."""
    pids = {name: os.getpid() if name == "boks_init" else number for number, name in enumerate(CHECKED, 2)}
    for name, file in PID_FILES.items():
        path = host.root / "var/LCK" / file
        if name not in names:
            path.unlink(missing_ok=True)
        elif not path.exists():
            path.write_text(f"{pids[name]}\n", encoding="utf-8")
    programs = {name: name if name.startswith("boks_") else f"boks_bridge -x {name}" for name in CHECKED}
    _replace(host.root / _PS_LIST, "".join(f"{pids[name]} {programs[name]}\n" for name in sorted(names)).encode())


def _age_spool(host: HostTree, ages: tuple[float, ...]) -> None:
    """Set the files' ages in the spool; the gate reads them against the machine's clock."""
    for number, age in enumerate(ages, 1):
        at = time.time() - age
        with suppress(FileNotFoundError):
            os.utime(host.root / _SPOOL / f"dd_fcom_{number}", (at, at))
