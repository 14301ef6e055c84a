"""From one round and the history to a new history, a comparison and verdicts."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from boks_exporter.health.domain import DomainHealth, judge
from boks_exporter.health.evidence_update import proven, undecided
from boks_exporter.health.replica_conditions import RoundFacts, findings
from boks_exporter.health.thresholds import Thresholds
from boks_exporter.model import DomainSnapshot, Seconds
from boks_exporter.replication import (
    Clearance,
    DomainComparison,
    History,
    addresses_of,
    advance,
    cleared,
    compare,
    ranked,
    remember,
    settled,
)


@dataclass(frozen=True)
class Judgement:
    """The result of one round; the next round is judged with `history`."""

    history: History
    comparison: DomainComparison
    health: DomainHealth


def judge_round(
    snapshot: DomainSnapshot,
    history: History,
    thresholds: Thresholds,
    *,
    exact_to: Seconds = math.inf,
    clearances: Iterable[Clearance] = (),
) -> Judgement:
    """Judge one round after others. A lag in seconds that may be wrong by more than `exact_to` is left out.

    Evidence that was proven before its clearance is dropped first; what this round proves is evidence again.
    """
    entries = tuple(_under_all_names(snapshot, clearances))
    history = replace(history, evidence=cleared(history.evidence, entries), terms=settled(history.terms, entries))
    return _judged(snapshot, history, advance(history, snapshot), thresholds, exact_to)


def _under_all_names(snapshot: DomainSnapshot, clearances: Iterable[Clearance]) -> Iterator[Clearance]:
    """Yield what is cleared, under the other names of the same machines, too."""
    for entry in clearances:
        yield entry
        for names in snapshot.second_names.items():
            if entry.host in names:
                yield from (replace(entry, host=name) for name in names)


@dataclass(frozen=True, slots=True)
class LastRound:
    """The history with the last round, and the one before it: a round that is judged again must not count twice."""

    before: History
    history: History


def judge_continued(
    joined: DomainSnapshot,
    read: DomainSnapshot,
    recorded: LastRound,
    thresholds: Thresholds,
    *,
    exact_to: Seconds = math.inf,
) -> Judgement:
    """Judge a view that joins the last round with what the next one has `read` so far."""
    again = {outcome.host for outcome in read.outcomes}
    kept = {key: at for key, at in recorded.before.lasting.items() if key[0] not in again}
    new = {key: at for key, at in recorded.history.lasting.items() if key[0] in again}
    history = replace(recorded.history, lasting=kept | new)
    return _judged(joined, history, advance(history, read), thresholds, exact_to)


def judge_again(
    snapshot: DomainSnapshot, recorded: LastRound, thresholds: Thresholds, *, exact_to: Seconds = math.inf
) -> Judgement:
    """Judge the last round without some of its hosts, as after a reload."""
    history = replace(recorded.history, lasting=recorded.before.lasting)
    return _judged(snapshot, recorded.before, history, thresholds, exact_to)


def judge_once(snapshot: DomainSnapshot, thresholds: Thresholds, *, exact_to: Seconds = math.inf) -> Judgement:
    """Judge a one-shot poll, which has no history and learns no ages."""
    return _judged(snapshot, History(), History(), thresholds, exact_to)


def _judged(
    snapshot: DomainSnapshot, before: History, history: History, thresholds: Thresholds, exact_to: Seconds
) -> Judgement:
    facts = RoundFacts(snapshot, compare(snapshot, history, exact_to), history, thresholds)
    evidence = proven(before, facts)
    addresses = addresses_of({*evidence, *history.terms}, history.addresses, snapshot.hosts)
    history = replace(history, evidence=evidence, addresses=addresses, undecided=undecided(facts))
    facts = replace(facts, history=history, comparison=ranked(facts.comparison, snapshot, history))
    return Judgement(
        history=remember(history, findings(facts), snapshot.finished_at),
        comparison=facts.comparison,
        health=judge(facts),
    )
