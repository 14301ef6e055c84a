"""Proofs that a copy is wrong. They last until something disproves them, over outages and restarts."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from boks_exporter.model import Host, HostName, Seconds, Sequence, TableNumber, Timestamp

FORGET_AFTER_SECONDS: Final[Seconds] = 300.0
"""A finding that must be seen twice counts as new when it could not be judged for this long."""


class Condition(StrEnum):
    """What must be seen twice in a replica, because a single round can be unlucky."""

    MISSING = "missing"
    STAMP = "stamp"


Findings: TypeAlias = Mapping[tuple[HostName, Condition], bool | None]
"""What a round found of each host and condition: True, False, or None where it could not be judged."""


def carried_on(
    lasting: Mapping[tuple[HostName, Condition], Timestamp], findings: Findings, now: Timestamp
) -> dict[tuple[HostName, Condition], Timestamp]:
    """Carry conditions over to a new round: True goes on or begins, False ends, None (not known) neither."""
    kept = {key: seen_at for key, seen_at in lasting.items() if now - seen_at <= FORGET_AFTER_SECONDS}
    for key, found in findings.items():
        if found:
            kept[key] = now
        elif found is False:
            kept.pop(key, None)
    return kept


_FUTURE_SECONDS: Final[Seconds] = 60.0
"""How far the clock of another machine that writes to the journal may be ahead."""


class EvidenceKind(StrEnum):
    """What is proven of a copy and not cleared."""

    AHEAD = "ahead"
    WAS_AHEAD = "was_ahead"
    """The master has passed the number, but the copy was not reloaded: equal numbers do not prove equal data."""
    DIVERGED = "diverged"


@dataclass(frozen=True, slots=True)
class Lead:
    """A table that was proven ahead. `level` is the highest number at which it was.

    `passed_at` is when the master was first proven to have that number too; None while it is not.
    """

    since: Timestamp
    proven_at: Timestamp
    amount: int
    level: Sequence
    passed_at: Timestamp | None = None
    by_writing: bool = False
    """The host wrote these updates as a second master, or as a master that was replaced."""

    def again(self, amount: int, level: Sequence, now: Timestamp) -> "Lead":
        """Return the lead with one more proof."""
        return replace(
            self, proven_at=now, amount=max(self.amount, amount), level=max(self.level, level), passed_at=None
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A table that was proven missing or of another generation. `stamp` is the copy's own.

    `ended_at` is when it was first seen under the master's stamp, without its number having reached the master's.
    """

    condition: Condition
    since: Timestamp
    proven_at: Timestamp
    stamp: Seconds | None = None
    ended_at: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class Reload:
    """A client phase or LOADING since the proof, and the tables with a lead that were seen below it since then."""

    since: Timestamp
    below: frozenset[TableNumber] = frozenset()


@dataclass(frozen=True, slots=True)
class CopyEvidence:
    """Everything that is proven of one copy and not cleared."""

    leads: Mapping[TableNumber, Lead] = field(default_factory=lambda: MappingProxyType({}))
    differences: Mapping[TableNumber, Difference] = field(default_factory=lambda: MappingProxyType({}))
    diverged_since: Timestamp | None = None
    """When a copy with a lead also lagged, or was ahead once more after the master had passed it."""
    reload: Reload | None = None

    @property
    def held_leads(self) -> dict[TableNumber, Lead]:
        """The leads that the master has not passed, largest first."""
        return _largest_first({table: lead for table, lead in self.leads.items() if lead.passed_at is None})

    @property
    def passed_leads(self) -> dict[TableNumber, Lead]:
        """The leads that the master has passed, largest first."""
        return _largest_first({table: lead for table, lead in self.leads.items() if lead.passed_at is not None})

    def __bool__(self) -> bool:
        return bool(self.leads or self.differences or self.diverged_since is not None)

    @property
    def kinds(self) -> dict[EvidenceKind, Timestamp]:
        """Each kind of evidence, and since when it exists."""
        return dict(_kinds(self)) if self else {}

    @property
    def proven_at(self) -> Timestamp:
        """The time of the newest proof."""
        proofs = [lead.proven_at for lead in self.leads.values()]
        proofs += [difference.proven_at for difference in self.differences.values()]
        return max((self.diverged_since or 0.0, *proofs))

    def shifted(self, by: Seconds) -> "CopyEvidence":
        """Move all times by a step of the exporter's clock."""
        return CopyEvidence(
            {table: _moved_lead(lead, by) for table, lead in self.leads.items()},
            {table: _moved_difference(difference, by) for table, difference in self.differences.items()},
            _moved(self.diverged_since, by),
            self.reload and replace(self.reload, since=self.reload.since + by),
        )


NO_EVIDENCE: Final = CopyEvidence()


@dataclass(frozen=True, slots=True)
class Clearance:
    """Evidence against a copy, or against all (`host` is None), that is cleared up to a time.

    Where it is not `of_copy`, it only says that the host is out, whatever its copy is.
    """

    host: HostName | None
    at: Timestamp
    owner: str
    reason: str
    of_copy: bool = True


def clearance_times(
    entries: Iterable[Clearance], known: Mapping[Clearance, Timestamp], now: Timestamp
) -> dict[Clearance, Timestamp]:
    """Return up to when each entry clears evidence: a `known` one by this exporter's clock, which was set since."""
    times = {entry: known.get(entry, _read_first(entry, now)) for entry in entries}
    return {entry: at for entry, at in times.items() if at is not None}


def _read_first(entry: Clearance, now: Timestamp) -> Timestamp | None:
    """Return up to when an entry clears evidence that is read for the first time; None if its time has not come.

    One of the future was written by another clock, such as this one before it was set back, and clears nothing.
    """
    if entry.at <= now:
        return entry.at
    return None if entry.at <= now + _FUTURE_SECONDS else 0.0


def cleared(evidence: Mapping[HostName, CopyEvidence], by: Iterable[Clearance]) -> dict[HostName, CopyEvidence]:
    """Return the evidence that was proven after the last clearance of its copy."""
    clearances = tuple(each for each in by if each.of_copy)
    return {
        host: known
        for host, known in evidence.items()
        if not any(each.host in {None, host} and each.at >= known.proven_at for each in clearances)
    }


def addresses_of(
    names: Collection[HostName], known: Mapping[HostName, str], hosts: Iterable[Host]
) -> dict[HostName, str]:
    """Return where these hosts are or were polled: their names in the configuration may change."""
    found = dict(known) | {host.name: host.address_and_port for host in hosts}
    return {name: address for name, address in found.items() if name in names}


def _largest_first(leads: Mapping[TableNumber, Lead]) -> dict[TableNumber, Lead]:
    return dict(sorted(leads.items(), key=lambda item: (-item[1].amount, item[0])))


def _kinds(evidence: CopyEvidence) -> Iterator[tuple[EvidenceKind, Timestamp]]:
    if held := evidence.held_leads:
        yield EvidenceKind.AHEAD, min(lead.since for lead in held.values())
    if passed := evidence.passed_leads:
        yield EvidenceKind.WAS_AHEAD, min(lead.passed_at or lead.since for lead in passed.values())
    diverged = [difference.since for difference in evidence.differences.values()]
    if evidence.diverged_since is not None:
        diverged.append(evidence.diverged_since)
    if diverged:
        yield EvidenceKind.DIVERGED, min(diverged)


def _moved_lead(lead: Lead, by: Seconds) -> Lead:
    return replace(lead, since=lead.since + by, proven_at=lead.proven_at + by, passed_at=_moved(lead.passed_at, by))


def _moved_difference(difference: Difference, by: Seconds) -> Difference:
    return replace(
        difference,
        since=difference.since + by,
        proven_at=difference.proven_at + by,
        ended_at=_moved(difference.ended_at, by),
    )


def _moved(at: Timestamp | None, by: Seconds) -> Timestamp | None:
    return None if at is None else at + by
