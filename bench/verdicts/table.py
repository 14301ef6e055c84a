"""Write the sums as tables."""

from collections.abc import Iterator
from typing import Final

from bench.verdicts import copies_table
from bench.verdicts.baselines import LIST_ONLY, OURS, TOLERANCES, one_shot
from bench.verdicts.detection_table import matrix, over
from bench.verdicts.markdown import quantile, table
from bench.verdicts.score import Kind, Scores
from bench.verdicts.truths import Condition
from scripts.generated_blocks import ROOT, filled_page

PAGE: Final = ROOT / "docs" / "verdicts.md"

_COLUMNS: Final = ("TP", "FP", "FN", "TN", "graver", "pending", "unknowable", "open")
_ORDER: Final = (
    *(Condition.LAGGING, Condition.AHEAD, Condition.DIVERGED, Condition.DOWN, Condition.LOADING),
    *(Condition.UNREACHABLE, Condition.UNLISTED, Condition.SPLIT_BRAIN, Condition.NO_MASTER, Condition.MISSING),
    *(Condition.SAMPLES_AHEAD, Condition.SAMPLES_DOWN, Condition.SAMPLES_NOT_UP),
)
_NOT_REPORTED: Final = (Kind.FALSE_NEGATIVE, Kind.PENDING, Kind.UNKNOWABLE)
_DELAY_P99: Final = 2.0
_DELAY_MOST: Final = 3.0
_SHARES: Final = (0.5, 0.99, 1.0)


def command(seed: int, histories: int) -> str:
    """Return the command that repeats the trial."""
    return f"PYTHONPATH=. .venv/bin/python -m bench.verdicts --histories {histories} --seed {seed} --write"


def _counts(scores: Scores, way: str, kind: Condition) -> list[int]:
    counted = scores.counts.get((way, kind), {})
    return [counted.get(Kind(column), 0) for column in _COLUMNS]


def ours(scores: Scores) -> str:
    """Write what this exporter said."""
    return table(("condition", *_COLUMNS), ((kind, *_counts(scores, OURS, kind)) for kind in _ORDER))


def delays(scores: Scores) -> str:
    """Write how soon this exporter said it."""
    head = ("condition", "first reports", "delay median", "p99", "max", "published p99", "published max")
    return table(head, ((kind, *_delays(scores, kind)) for kind in _ORDER))


def _delays(scores: Scores, kind: Condition) -> Iterator[object]:
    measured = scores.delays.get((OURS, kind), [])
    published = scores.published.get((OURS, kind), [])
    yield len(measured)
    yield from (f"{quantile(measured, share):.2f}" if measured else "-" for share in _SHARES)
    yield from (f"{quantile(published, share):.2f}" if published else "-" for share in _SHARES[1:])


def others(scores: Scores) -> str:
    """Write what the other ways said, this exporter's line among them."""
    head = ("condition", "method", "TP", "FP", "FN", "not reported", "FP on healthy replication", "of verdicts there")
    ways = (OURS, LIST_ONLY, *map(one_shot, TOLERANCES))
    keys = [(way, kind) for kind in _ORDER for way in ways if (way, kind) in scores.counts]
    compared = {kind for way, kind in keys if way != OURS}
    return table(head, (_compared(scores, way, kind) for way, kind in keys if kind in compared))


def _compared(scores: Scores, way: str, kind: Condition) -> Iterator[object]:
    yield from (kind, way, *_counts(scores, way, kind)[:3])
    yield sum(scores.counts[way, kind].get(each, 0) for each in _NOT_REPORTED)
    yield from (scores.healthy_alarms[way, kind], scores.healthy[way, kind])


def lag(scores: Scores) -> str:
    """Write the error of lag in seconds."""
    errors = [abs(error) for error in scores.lag_errors]
    figures = (f"{quantile(errors, share):.3f}" for share in _SHARES)
    row = (len(errors), *figures, sum(error > 1 for error in errors), scores.lag_withheld)
    return table(("samples", "median", "p99", "max", "beyond one interval", "left out"), [row])


def rest(scores: Scores) -> str:
    """Write what was said of replicas altogether."""
    return table(("what was said", "how often"), sorted(scores.other.items()))


def failures(scores: Scores) -> list[str]:
    """Name every figure that is missed."""
    found = []
    for kind in _ORDER:
        _, false, missed, *_ = _counts(scores, OURS, kind)
        measured = scores.delays.get((OURS, kind), [])
        if false or missed:
            found.append(f"{kind}: {false} false positives, {missed} false negatives")
        if quantile(measured, 0.99) > _DELAY_P99 or quantile(measured, 1.0) > _DELAY_MOST:
            found.append(
                f"{kind}: found after {quantile(measured, 0.99):.2f} (p99), {quantile(measured, 1.0):.2f} (max)"
            )
    if beyond := sum(abs(error) > 1 for error in scores.lag_errors):
        found.append(f"lag in seconds: {beyond} samples beyond one interval")
    return [*found, *copies_table.failures(scores)]


def _figures(scores: Scores) -> str:
    """Write the figures that were to be reached."""
    false_alarms = sum(scores.healthy_alarms[OURS, kind] for kind in _ORDER)
    naive = sum(scores.healthy_alarms[one_shot(0), kind] for kind in _ORDER)
    sums = [_counts(scores, OURS, kind) for kind in _ORDER]
    slowest = max(
        (quantile(measured, 0.99) for (way, _), measured in scores.delays.items() if way == OURS), default=0.0
    )
    most = max((quantile(measured, 1.0) for (way, _), measured in scores.delays.items() if way == OURS), default=0.0)
    beyond = sum(abs(error) > 1 for error in scores.lag_errors)
    rows = (
        ("false positives on healthy replication", "0", false_alarms),
        ("the same of the one-shot comparison without tolerance", "-", naive),
        ("false positives in all histories", "0", sum(row[1] for row in sums)),
        ("false negatives in all histories", "0", sum(row[2] for row in sums)),
        ("delay in intervals, p99 of the slowest condition", "2.00", f"{slowest:.2f}"),
        ("delay in intervals, max", "3.00", f"{most:.2f}"),
        ("lag in seconds wrong by more than an interval", "0", beyond),
        *copies_table.goals(scores),
    )
    return table(("figure", "at most", "reached"), rows)


def _lengths(scores: Scores) -> str:
    shares = " s, ".join(f"{name} {quantile(scores.round_lengths, share):.1f}" for name, share in _NAMED)
    return f"A round took {shares} s ({len(scores.round_lengths)} rounds).\n"


_NAMED: Final = (("median", 0.5), ("p99", 0.99), ("max", 1.0))


def summary(scores: Scores) -> str:
    """Write all tables."""
    copies = (
        part(scores) for part in (copies_table.said, copies_table.causes, copies_table.effort, copies_table.methods)
    )
    parts = (_figures(scores), ours(scores), delays(scores), *copies, others(scores), lag(scores), rest(scores))
    return "\n".join((*parts, _lengths(scores)))


def document(scores: Scores, seed: int, histories: int) -> str:
    """Return the page with the figures of this trial."""
    blocks = {
        "figures": (
            f"## The figures: {histories} histories, seed {seed}\n",
            f"By `{command(seed, histories)}`.\n",
            _figures(scores),
        ),
        "counts": (ours(scores), delays(scores), _lengths(scores)),
        "copies": copies_table.said(scores),
        "invisible": copies_table.causes(scores),
        "detection": (matrix(scores.shown), over(scores.shown)),
        "effort": copies_table.effort(scores),
        "others": (others(scores), copies_table.methods(scores)),
        "lag": lag(scores),
        "rest": rest(scores),
    }
    return filled_page(PAGE, blocks)
