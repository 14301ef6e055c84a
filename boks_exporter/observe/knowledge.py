"""What a round needs to know of the rounds before it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from boks_exporter.model import DomainSnapshot, Host, HostName, MasterReport, Observed, Seconds


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What earlier rounds recorded: which hosts reported to be master, and which further hosts the list named.

    `masters` is None before the first round: then every host is polled for its role first, because a
    bracket needs the master before the others.
    """

    masters: tuple[HostName, ...] | None = None
    last_known_master: HostName | None = None
    discovered: tuple[Host, ...] = ()
    forgettable: frozenset[HostName] = frozenset()
    """Discovered hosts that no list has named for as long as the configuration says."""
    master_took: Seconds = 0.0
    """How long the last poll of the one master took; 0 after a round without one."""
    master_reports: tuple[MasterReport, ...] = ()
    """The polls of the last round in which a host reported to be master that still does."""
    silent: frozenset[HostName] = frozenset()
    """The hosts that did not answer in the last round."""
    seen_beside: frozenset[HostName] = frozenset()
    """Hosts that were last seen as master next to another master."""

    @property
    def hosts(self) -> frozenset[HostName]:
        """The hosts that are known by name."""
        last = {self.last_known_master} if self.last_known_master is not None else set[HostName]()
        return frozenset({*(host.name for host in self.discovered), *(self.masters or ()), *last})

    def renamed(self, names: Mapping[HostName, HostName]) -> "Knowledge":
        """Return what is known under the names that the configuration has for hosts since."""
        last = self.last_known_master
        return replace(
            self,
            masters=None if self.masters is None else tuple(names.get(name, name) for name in self.masters),
            last_known_master=names.get(last, last) if last is not None else None,
            discovered=tuple(host for host in self.discovered if host.name not in names),
            master_reports=tuple(
                replace(report, host=names.get(report.host, report.host)) for report in self.master_reports
            ),
            silent=frozenset(names.get(name, name) for name in self.silent),
        )

    def after(self, snapshot: DomainSnapshot) -> "Knowledge":
        """Record a round; while no host reports to be master, the last one is still polled first."""
        return Knowledge(
            masters=tuple(name for name in snapshot.masters if name not in snapshot.silent_masters)
            or self.masters
            or (),
            last_known_master=snapshot.last_known_master,
            discovered=tuple(host for host in snapshot.hosts if host.discovered),
            master_took=_took(snapshot) or 0.0,
            master_reports=tuple(
                report for report in snapshot.master_reports if report.started_at >= snapshot.started_at
            ),
            silent=frozenset(outcome.host for outcome in snapshot.outcomes if not isinstance(outcome, Observed)),
        )


def _took(snapshot: DomainSnapshot) -> Seconds | None:
    seen = snapshot.outcome(snapshot.master) if snapshot.master else None
    return seen.finished_at - seen.started_at if seen else None
