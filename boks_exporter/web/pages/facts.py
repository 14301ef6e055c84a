"""What the pages of one domain are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from boks_exporter.exposition import DomainView
from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.report import DomainReport, HostReport
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.report.shapes import Shown, shown_state, worst_of

STALE_INTERVALS: Final = 2
"""A page whose round is older than so many intervals says that it is stale."""


@dataclass(frozen=True)
class DomainFacts:
    """One domain at the moment of the page."""

    view: DomainView
    report: DomainReport
    commands: NextCommands
    now: Timestamp

    @property
    def name(self) -> str:
        return self.report["domain"]

    @cached_property
    def hosts(self) -> dict[HostName, HostReport]:
        """All hosts, worst first, then alphabetically."""
        ranked = sorted(self.report["hosts"], key=self._rank)
        return {host["host"]: host for host in ranked}

    def _rank(self, host: HostReport) -> tuple[int, str, str]:
        return self.state_of(host).rank, host["host"].casefold(), host["host"]

    def state_of(self, host: HostReport) -> Shown:
        """Return how a host's state is shown: what is wrong with the masters is shown at the masters."""
        if self.report["state"] == "several_masters" and host["host"] in self.report["masters"]:
            return shown_state("several_masters")
        if self.report["state"] == "no_master" and host["host"] == self.view.snapshot.last_known_master:
            return shown_state("no_master") if host["role"] != "replica" else shown_state(host["state"])
        return shown_state(host["state"])

    @cached_property
    def attention(self) -> tuple[HostReport, ...]:
        """The hosts that are not ok, worst first; without one master, only those for which more is known than that."""
        return tuple(host for host in self.hosts.values() if self._needs_attention(host))

    def _needs_attention(self, host: HostReport) -> bool:
        is_without_master = self.report["state"] in {"no_master", "several_masters", "role_changing"}
        if is_without_master and host["state"] == "unknown" and not self.has_evidence(host):
            return host["host"] in self.report["masters"]
        return host["state"] != "ok" or self.has_evidence(host)

    @staticmethod
    def has_evidence(host: HostReport) -> bool:
        """Return whether the copy is proven to have been wrong and was not cleared."""
        return bool(host.get("evidence_timestamp_seconds"))

    @cached_property
    def replicas(self) -> tuple[HostReport, ...]:
        """The hosts that count as replicas."""
        return tuple(host for host in self.hosts.values() if self.view.health.host(host["host"]).is_replica)

    @cached_property
    def healthy(self) -> tuple[HostReport, ...]:
        """The replicas that are ok, and whose copy is not proven to have been wrong."""
        return tuple(host for host in self.replicas if host["state"] == "ok" and not self.has_evidence(host))

    @cached_property
    def replica_names(self) -> frozenset[HostName]:
        return frozenset(host["host"] for host in self.replicas)

    @cached_property
    def healthy_names(self) -> frozenset[HostName]:
        return frozenset(host["host"] for host in self.healthy)

    def what_works(self, hosts: Iterable[HostReport]) -> str:
        """Count the healthy replicas of a group; without one master, none is compared, and those that answer count."""
        members = list(hosts)
        replicas = [host for host in members if host["host"] in self.replica_names]
        known = {*self.replica_names, self.view.snapshot.last_known_master}
        unclear = sum(host["role"] == "unknown" and host["host"] not in known for host in members)
        if not replicas:
            return "its replicas are not known" if unclear else "no replica"
        if self.view.snapshot.master is None:
            answering = sum(host["state"] not in {"unreachable", "down"} for host in replicas)
            text = f"{answering} of {len(replicas)} answer"
        else:
            text = f"{sum(host['host'] in self.healthy_names for host in replicas)} of {len(replicas)} healthy"
        return f"{text}, {unclear} not known" if unclear else text

    @cached_property
    def worst(self) -> Shown:
        """Return the worst state of the domain and its hosts."""
        return worst_of(self.report["state"], (self.state_of(host).state for host in self.attention))

    @property
    def interval(self) -> Seconds:
        return self.view.counters.interval_seconds

    @property
    def round_at(self) -> Timestamp:
        return self.report["last_round_timestamp_seconds"]

    @property
    def is_stale(self) -> bool:
        """Whether the newest round is too old to be shown as current."""
        return self.now - self.round_at > STALE_INTERVALS * self.interval

    def since(self, host: HostName) -> Timestamp | None:
        """Return since when a host's state is what it is."""
        return self.view.timeline.host(host).since

    def is_at_least(self, since: Timestamp | None) -> bool:
        """Return whether a state may have begun earlier, before the exporter recorded anything."""
        return self.view.timeline.is_at_least(since, self.interval)

    @property
    def master_since(self) -> Timestamp | None:
        """Return since when the master is known to be it."""
        master = self.view.snapshot.master
        term = self.view.terms.get(master) if master else None
        return term.since if term else None
