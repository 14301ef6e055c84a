"""From one round and the history to a new history, a comparison and verdicts."""

import math
from dataclasses import dataclass

from boks_exporter.health.domain import DomainHealth, judge
from boks_exporter.health.replica_conditions import findings
from boks_exporter.health.thresholds import Thresholds
from boks_exporter.model import DomainSnapshot, Seconds
from boks_exporter.replication import DomainComparison, History, advance, compare, remember


@dataclass(frozen=True)
class Judgement:
    """The result of one round; the next round is judged with `history`."""

    history: History
    comparison: DomainComparison
    health: DomainHealth


def judge_round(
    snapshot: DomainSnapshot, history: History, thresholds: Thresholds, *, exact_to: Seconds = math.inf
) -> Judgement:
    """Judge one round after others. A lag in seconds that may be wrong by more than `exact_to` is left out."""
    return _judged(snapshot, advance(history, snapshot), thresholds, exact_to)


def judge_once(snapshot: DomainSnapshot, thresholds: Thresholds, *, exact_to: Seconds = math.inf) -> Judgement:
    """Judge a one-shot poll, which has no history and learns no ages."""
    return _judged(snapshot, History(), thresholds, exact_to)


def _judged(snapshot: DomainSnapshot, history: History, thresholds: Thresholds, exact_to: Seconds) -> Judgement:
    comparison = compare(snapshot, history, exact_to)
    found = findings(snapshot, comparison, history, thresholds)
    return Judgement(
        history=remember(history, found, snapshot.finished_at),
        comparison=comparison,
        health=judge(snapshot, comparison, history, thresholds),
    )
