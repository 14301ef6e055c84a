"""What a simulated host keeps of the operator's changes: its lock, and a record of each command under its id."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Final

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain import Fault, Printed, SimulatedDomain
from boks_exporter.simulator.domain.command_phases import Phase, phases
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.scheduler import ScheduledEvent


class Defect(StrEnum):
    """What can go wrong with a command itself."""

    FAILS_AT_ONCE = "fails_at_once"
    """It does nothing and exits with 1."""
    FAILS_IN_THE_MIDDLE = "fails_in_the_middle"
    """It does the first half and exits with 1."""
    FAILS_AT_THE_END = "fails_at_the_end"
    """It does everything and exits with 1."""
    HANGS = "hangs"
    """It does the first half and never ends."""
    PRINTS_RUBBISH = "prints_rubbish"
    """It does everything and prints something else."""
    REBOOTS = "reboots"
    """The machine goes down in the middle of it, and comes back after a while."""


class Presence(StrEnum):
    """The gate's word for the database on a host."""

    PRESENT = "present"
    ABSENT = "absent"
    PARTIAL = "partial"
    ODD = "odd"


@dataclass(slots=True)
class Record:
    """One command under its id; `exit_status` is None while it runs, and remains so where it was interrupted."""

    request: str
    asked_by: int
    ends_at: Seconds
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exit_status: int | None = None
    is_interrupted: bool = False
    pid_is_reused: bool = False
    """Another process has the process id of an interrupted command."""
    is_void: bool = False
    due: list[ScheduledEvent] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Return the gate's word for it."""
        if self.is_void:
            return "void"
        if self.exit_status is not None:
            return "done"
        return "interrupted" if self.is_interrupted and not self.pid_is_reused else "running"

    def end(self, status: int) -> None:
        """Exit."""
        self.exit_status = status

    def interrupt(self) -> None:
        """Lose the process before it has ended."""
        if self.exit_status is None:
            self.is_interrupted = True
        for due in self.due:
            due.is_off = True


@dataclass(slots=True)
class Lock:
    """Who holds a host, by the host's own clock since when."""

    run: str
    owner: str
    since: str


@dataclass(frozen=True, slots=True)
class KeptFreeze:
    """A freeze of the domain on one host, until a time of the host's own clock."""

    until: int
    owner: str
    reason: str


@dataclass(slots=True)
class HostState:
    """The state directory of one host's gate; it outlives a reboot."""

    lock: Lock | None = None
    records: dict[str, Record] = field(default_factory=dict)
    boots: int = 0
    removals: set[str] = field(default_factory=set)
    """Removals, or their undoings, that are not at their end: the manifest is there."""
    ended: dict[str, str] = field(default_factory=dict)
    """The run that moved the last file of a database, by each removal that this ended."""
    has_odd_files: bool = False
    """A file of the database is a link or a directory."""
    moved_at: dict[str, str] = field(default_factory=dict)
    """When each removal began, by the host's own clock."""
    freeze: KeptFreeze | None = None
    freeze_file_is_empty: bool = False
    lock_file_is_empty: bool = False
    """The lock file was created before a power loss, and its content was not."""

    def running(self) -> str:
        """Name the command that still runs, or none."""
        return next((name for name, record in self.records.items() if record.state == "running"), "none")

    def lose_power(self) -> None:
        """Lose the content of files that were written last."""
        self.lock_file_is_empty = self.lock is not None
        self.freeze_file_is_empty = self.freeze is not None
        self.lock = None
        self.go_down()

    def reuse_process_ids(self) -> None:
        """Assign the process ids of interrupted commands to other processes."""
        for record in self.records.values():
            record.pid_is_reused = record.is_interrupted

    def go_down(self) -> None:
        """Lose every process."""
        self.boots += 1
        for record in self.records.values():
            record.interrupt()


def void_record(name: str, now: Seconds) -> Record:
    """A record under which nothing is ever run."""
    return Record(f"{name} void", 0, now, is_void=True)


REBOOT_SECONDS: Final[Seconds] = 90.0
"""So long a machine that goes down in the middle of a command stays away."""

_BOKS: Final[Mapping[str, Callable[[str], tuple[str, ...]]]] = {
    "convert": lambda argument: ("convert", "-v", argument),
    "boot-stop": lambda _: ("Boot", "-k"),
    "boot-start": lambda _: ("Boot",),
    "set-shm-size": lambda argument: ("cadm", "-E", f"SHM_SIZE={argument}"),
}


def start(
    domain: SimulatedDomain, host: HostName, state: HostState, words: list[str], asked_by: int, spoil: Defect | None
) -> Record:
    """Run a command detached, each part of it at its time; words are the id, the change, and its argument."""
    todo = _spoilt(_phases(domain, host, state, words), spoil)
    ends_at = math.inf if spoil in {Defect.HANGS, Defect.REBOOTS} else domain.now + todo[-1].after_seconds
    record = Record(" ".join(words), asked_by, ends_at)
    state.records[words[0]] = record
    for phase in todo:
        record.due.append(domain.agenda.enter(domain.now + phase.after_seconds, _Act(domain, record, phase)))
    last = domain.now + todo[-1].after_seconds
    if spoil is Defect.REBOOTS:
        domain.agenda.enter(last, lambda: go_down(domain, host, state, REBOOT_SECONDS))
    elif spoil is not Defect.HANGS:
        is_failing = spoil in {Defect.FAILS_AT_ONCE, Defect.FAILS_IN_THE_MIDDLE, Defect.FAILS_AT_THE_END}
        record.due.append(domain.agenda.enter(last, lambda: _ended(record, spoil, 1 if is_failing else None)))
    domain.advance(domain.now)
    return record


def go_down(domain: SimulatedDomain, host: HostName, state: HostState, seconds: Seconds) -> None:
    """Switch a machine off for a while; it boots in the role that its ENV says."""
    state.go_down()
    domain.set_fault(host, Fault.MASTER_DEAD)
    domain.agenda.enter(domain.now + seconds, lambda: domain.clear_fault(host, Fault.MASTER_DEAD))


@dataclass(frozen=True, slots=True)
class _Act:
    """One part of a command at its instant; what a part that is a whole command printed goes into the record."""

    domain: SimulatedDomain
    record: Record
    phase: Phase

    def __call__(self) -> None:
        printed = self.phase.act()
        if isinstance(printed, Printed):
            self.record.lines += printed.stdout.decode().splitlines()
            self.record.errors += printed.stderr.decode().splitlines()
            self.record.end(printed.exit_status)
        if self.phase.prints:
            self.record.lines.append(self.phase.prints)


def _ended(record: Record, spoil: Defect | None, status: int | None) -> None:
    if spoil is Defect.PRINTS_RUBBISH:
        record.lines[:] = ["??done ]", "=end do state=none", "\ufffd\ufffd"]
    if status is not None:
        record.errors.append("boksadm: something went wrong")
    if status is not None or record.exit_status is None:
        record.end(status or 0)


def _spoilt(whole: tuple[Phase, ...], spoil: Defect | None) -> tuple[Phase, ...]:
    """Leave out what no longer happens."""
    if spoil is Defect.FAILS_AT_ONCE:
        return (Phase(0.1, lambda: None),)
    if spoil in {Defect.FAILS_IN_THE_MIDDLE, Defect.HANGS, Defect.REBOOTS}:
        half = whole[: len(whole) - len(whole) // 2]
        return half if len(whole) > 1 else (replace(whole[0], after_seconds=0.5),)
    return whole


def _phases(domain: SimulatedDomain, host: HostName, state: HostState, words: list[str]) -> tuple[Phase, ...]:
    simulated = domain.hosts[host]
    name, change, argument = words[0], words[1], words[2] if len(words) > 2 else ""  # noqa: PLR2004 - id, change, argument
    if change == "convert" and simulated.env_role is Boksinit(argument):
        return (Phase(0.05, lambda: None, f"boks-gate: BOKSINIT is {argument} already: nothing was run"),)
    if change == "remove-database":
        return _removal(domain, host, state, name)
    if change == "restore-database":
        return _restoration(domain, host, state, argument)
    if change == "remove-aside":
        return (Phase(0.05, partial(domain.remove_aside, host, argument), f"removed removed-{argument}"),)
    return phases(domain, simulated, _BOKS[change](argument))


def _removal(domain: SimulatedDomain, host: HostName, state: HostState, name: str) -> tuple[Phase, ...]:
    """Move file by file; with the last one, no earlier removal is left half done either."""
    files = database_files(domain, host)

    def end() -> None:
        state.ended |= dict.fromkeys(state.removals, name.partition(".")[0])
        state.removals.clear()

    if not files:
        return (Phase(0.05, end, "boks-gate: no database was there"),)

    def move(file: str) -> None:
        state.removals.add(name)
        state.moved_at.setdefault(name, utc_clock(domain, host))
        domain.move_file_aside(host, name, file)
        if file == files[-1]:
            end()

    return tuple(Phase(0.05, partial(move, file), f"moved {file} to removed-{name}") for file in files)


def _restoration(domain: SimulatedDomain, host: HostName, state: HostState, removal: str) -> tuple[Phase, ...]:
    """Move back all that the run of a removal has moved aside; what it had ended of others is half done again."""
    run = removal.partition(".")[0]
    todo = [(name, file) for name in asides_of(domain, host, run) for file in domain.files_aside(host, name)]

    def move(name: str, file: str) -> None:
        state.removals |= {each for each, by in state.ended.items() if by == run} | {name}
        state.ended = {each: by for each, by in state.ended.items() if by != run}
        domain.bring_file_back(host, name, file)
        if (name, file) == todo[-1]:
            state.removals -= {each for each in state.removals if each.partition(".")[0] == run}

    return tuple(Phase(0.05, partial(move, name, file), f"moved {file} back") for name, file in todo)


def utc_clock(domain: SimulatedDomain, host: HostName) -> str:
    """Return the time of a host's clock as the gate writes it."""
    return f"{datetime.fromtimestamp(domain.clock(host), UTC):%Y-%m-%dT%H:%M:%S}"


def asides_of(domain: SimulatedDomain, host: HostName, run: str) -> list[str]:
    """Name the directories into which a run has moved files."""
    return sorted(name for name in domain.hosts[host].aside if name.partition(".")[0] == run)


def presence(domain: SimulatedDomain, host: HostName, state: HostState) -> Presence:
    """Return the gate's word for the database."""
    files = database_files(domain, host)
    if files and state.has_odd_files:
        return Presence.ODD
    if state.removals:
        return Presence.PARTIAL
    if not files:
        return Presence.ABSENT
    is_whole = len(files) > 1 and "sequence" in files
    return Presence.PRESENT if is_whole else Presence.PARTIAL


def database_files(domain: SimulatedDomain, host: HostName) -> list[str]:
    """Name the files of a database as a glob does, `sequence` last."""
    names = [path.removeprefix("var/data/") for path in domain.files(host)]
    tables = sorted(name for name in names if name.endswith(".dat"))
    return [*tables, *(name for name in names if name == "sequence")]
