"""Facts of a diagnosis: the status report of the domain, and the hosts' own replies where there are any."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from boks_exporter.model import HostName, Observed, Section
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
