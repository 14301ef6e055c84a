"""What a round needs to know of the rounds before it."""

from dataclasses import dataclass

from boks_exporter.model import DomainSnapshot, Host, HostName, Seconds


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
    """How long the last poll of the one master took that was answered."""

    def after(self, snapshot: DomainSnapshot) -> "Knowledge":
        """Record a round; while no host reports to be master, the last one is still polled first."""
        return Knowledge(
            masters=snapshot.masters or self.masters or (),
            last_known_master=snapshot.last_known_master,
            discovered=tuple(host for host in snapshot.hosts if host.discovered),
            master_took=_took(snapshot) or self.master_took,
        )


def _took(snapshot: DomainSnapshot) -> Seconds | None:
    seen = snapshot.outcome(snapshot.master) if snapshot.master else None
    return seen.finished_at - seen.started_at if seen else None
