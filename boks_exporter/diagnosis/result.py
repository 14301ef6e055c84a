"""A diagnosis as data: the facts it is made from, its steps, their causes, and how certain each statement is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from boks_exporter.model import DomainName, HostName, Observed, Section
from boks_exporter.report import DomainReport, HostReport
from boks_exporter.report.next_commands import NextCommands


@dataclass(frozen=True)
class DiagnosisFacts:
    """`seen` holds the replies of the host and of its master; `absent` is why there are none of any other.

    `commands` are those to type next, with the options that select this domain.
    """

    host: HostName
    domain: DomainReport
    seen: Mapping[HostName, Observed]
    absent: str
    commands: NextCommands = field(default_factory=NextCommands)

    @property
    def report(self) -> HostReport:
        """The host's part of the status report."""
        return next(each for each in self.domain["hosts"] if each["host"] == self.host)

    @property
    def master(self) -> HostReport | None:
        """The one master, which can be the host itself; None where there is none or more than one."""
        masters = self.domain["masters"]
        return next((each for each in self.domain["hosts"] if [each["host"]] == masters), None)

    @property
    def is_master(self) -> bool:
        """Whether the host is the one master."""
        return self.domain["masters"] == [self.host]

    @property
    def own(self) -> Observed | None:
        """The host's reply."""
        return self.seen.get(self.host)

    @property
    def masters_own(self) -> Observed | None:
        """The master's reply."""
        return self.seen.get(self.master["host"]) if self.master else None

    def why_unknown(self, host: HostName, section: Section) -> str:
        """Return why a section of a host was not read."""
        seen = self.seen.get(host)
        if seen is None:
            return f"{section} of {host}: {self.absent}"
        fault = next((fault for fault in seen.faults if fault.section is section), None)
        if fault:
            return f"{section} of {host}: {fault.detail}"
        part = seen.reply.section(section)
        if part is None:
            return f"{section} of {host}: its gate {seen.reply.gate_version} does not answer it"
        return f"{section} of {host}: {(part.skipped or 'nothing was printed').replace('_', ' ')}"


class StatementCertainty(StrEnum):
    """How sure a statement about BoKS is (docs/boks.md)."""

    READ = "read in a source"
    SINGLE = "read in a single or old source"
    INFERRED = "inferred"
    UNKNOWN = "not known"


class StepFinding(StrEnum):
    """The result of a step. `manual` is a step that only a person can do, because it changes BoKS or reads keys."""

    FINE = "fine"
    FAULT = "fault"
    UNKNOWN = "unknown"
    MANUAL = "manual"


class Rank(IntEnum):
    """The order of causes: one that explains others comes before them."""

    SEVERAL_MASTERS = 1
    NO_MASTER = 2
    HOST_UNREACHABLE = 3
    DISK_FULL = 4
    DAEMONS_STOPPED = 5
    MASTER_PROCESS = 6
    PROCESS_MISSING = 7
    NODE_KEY = 8
    BRIDGE_REFUSES = 9
    ROLE = 10
    NOT_DEFINED = 11
    AHEAD = 12
    DIVERGED = 13
    SHARED_MEMORY = 14
    MASTER_PORT = 15
    SETTINGS_DIFFER = 16
    QUEUE = 17
    LOADING = 18
    DOWN = 19
    LAGGING = 20
    METHODS_DIFFER = 21
    NOT_COMPARED = 22


@dataclass(frozen=True, slots=True)
class Cause:
    """A possible cause: what it is, why it is suspected, and the command that repairs it or proves it."""

    rank: Rank
    what: str
    because: str
    command: str
    certainty: StatementCertainty
    source: str


@dataclass(frozen=True, slots=True)
class DiagnosisStep:
    """One of the ten steps."""

    number: int
    title: str
    finding: StepFinding
    looked_at: str
    found: str
    means: str
    certainty: StatementCertainty
    source: str
    next: str
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All steps in order, and the causes that they found, the most likely one first."""

    domain: DomainName
    host: HostName
    state: str
    reason: str
    steps: tuple[DiagnosisStep, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Every cause once, the most likely one first."""
        found: dict[Rank, Cause] = {}
        for cause in (cause for step in self.steps for cause in step.causes):
            found.setdefault(cause.rank, cause)
        return tuple(found[rank] for rank in sorted(found))

    @property
    def unknown(self) -> tuple[int, ...]:
        """The numbers of the steps for which facts are missing."""
        return tuple(step.number for step in self.steps if step.finding is StepFinding.UNKNOWN)
