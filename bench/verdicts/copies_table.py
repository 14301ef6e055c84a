"""What was said of wrong copies, and what it cost, as tables."""

from collections.abc import Iterator
from typing import Final

from bench.verdicts.baselines import LIST_ONLY, OURS, TOLERANCES, one_shot
from bench.verdicts.copies import PATIENCE_ROUNDS, Fault, Said
from bench.verdicts.detection import GOAL_ROUNDS
from bench.verdicts.detection_table import is_missed, of_the_goal, p99, rounds
from bench.verdicts.markdown import percent, quantile, table
from bench.verdicts.score import Scores

UNKNOWN: Final = "unknown, while nothing was wrong"
OPEN_HISTORIES: Final = "all verdicts in histories that hide no data"
_MOST_UNKNOWN: Final = 0.01


def goals(scores: Scores) -> Iterator[tuple[str, str, object]]:
    """Yield a row of the figures for each goal about copies."""
    for fault in Fault:
        yield fault, "0", scores.copies.faults[fault]
    yield (
        "rounds from the first reading that shows a wrong copy to its report, max",
        f"{PATIENCE_ROUNDS}",
        _slowest(scores),
    )
    runs = of_the_goal(scores.shown)
    reached = rounds(p99(runs)) if runs else "-"
    yield "rounds until a lead is shown, less than one update in flight, p99", f"{GOAL_ROUNDS}", reached
    share = percent(scores.other[UNKNOWN], scores.other[OPEN_HISTORIES])
    yield "unknown while nothing is wrong, in histories that hide no data", f"{100 * _MOST_UNKNOWN:.2f} %", share


def _slowest(scores: Scores) -> int:
    return max(scores.copies.delays, default=0)


def failures(scores: Scores) -> Iterator[str]:
    """Name every goal that is missed."""
    for fault in Fault:
        if count := scores.copies.faults[fault]:
            yield f"{fault}: {count}"
    if _slowest(scores) > PATIENCE_ROUNDS:
        yield f"a wrong copy was reported {_slowest(scores)} rounds after a reading had shown it"
    if is_missed(scores.shown):
        yield f"leads were shown after {rounds(p99(of_the_goal(scores.shown)))} rounds (p99)"
    if scores.other[UNKNOWN] > _MOST_UNKNOWN * scores.other[OPEN_HISTORIES]:
        yield f"unknown while nothing was wrong: {percent(scores.other[UNKNOWN], scores.other[OPEN_HISTORIES])}"


def said(scores: Scores) -> str:
    """Write what was said of wrong copies, and how soon."""
    rows = [(each, scores.copies.said[each]) for each in Said]
    delays = [rounds for rounds, count in scores.copies.delays.items() for _ in range(count)]
    figures = (len(delays), *(f"{quantile([float(each) for each in delays], share):.0f}" for share in (0.5, 0.99, 1.0)))
    return "\n".join(
        (
            table(("verdicts on wrong copies", "how often"), rows),
            table(("first reports after a reading showed it", "rounds, median", "p99", "max"), [figures]),
        )
    )


def causes(scores: Scores) -> str:
    """Write the verdicts OK that no reading could contradict, and the copies that were reported all the same."""
    invisible = ((*key, count) for key, count in sorted(scores.copies.causes.items()))
    unseen = sorted(scores.copies.reported_unseen.items())
    return "\n".join(
        (
            table(("what made the copy wrong", "why no reading shows it", "verdicts OK"), invisible),
            table(("what made the copy wrong", "copies reported although no number showed it"), unseen),
        )
    )


def methods(scores: Scores) -> str:
    """Write what each method found of wrong copies."""
    found = scores.copies.methods
    rows = (
        (way, found[way, True] + found[way, False], found[way, False], percent(found[way, False], _all(scores, way)))
        for way in (OURS, LIST_ONLY, *map(one_shot, TOLERANCES))
    )
    return table(("method", "verdicts on wrong copies", "nothing wrong found", "share"), rows)


def _all(scores: Scores, way: str) -> int:
    return scores.copies.methods[way, True] + scores.copies.methods[way, False]


def effort(scores: Scores) -> str:
    """Write how many healthy replicas a round decides, and what closer polls cost."""
    head = (
        *("histories", "rounds", "exchanges", "of closer polls", "share", "rounds with closer polls"),
        *("healthy replicas decided by the first readings", "in the round"),
    )
    return table(head, (_effort(scores, each) for each in ("healthy histories", "other histories")))


def _effort(scores: Scores, histories: str) -> Iterator[object]:
    of = {key.partition(": ")[2]: count for key, count in scores.effort.items() if key.startswith(histories)}
    exchanges, closer = of.get("exchanges", 0), of.get("exchanges of closer polls", 0)
    healthy = of.get("healthy", 0)
    yield from (histories.removesuffix(" histories"), of.get("rounds", 0), exchanges, closer)
    yield percent(closer, exchanges)
    yield percent(of.get("rounds with closer polls", 0), of.get("rounds", 0))
    yield percent(of.get("healthy, decided by the first readings", 0), healthy)
    yield percent(of.get("healthy, decided", 0), healthy)
