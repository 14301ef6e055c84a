"""The delay of detection as tables."""

import math
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from bench.verdicts.detection import AMOUNTS, DELAYS, EXCHANGES, GOAL_ROUNDS, MOST_ROUNDS, RATES, Cell, cells
from bench.verdicts.markdown import quantile, table

Shown: TypeAlias = Mapping[Cell, list[int | None]]
_SHARE: Final = 0.99


def p99(runs: list[int | None]) -> float:
    """Return the rounds within which 99 % are shown; infinite where more are not shown at all."""
    return quantile([math.inf if each is None else each for each in runs], _SHARE)


def of_the_goal(shown: Shown) -> list[int | None]:
    """Return all runs of the combinations that have a goal."""
    return [run for cell, runs in shown.items() if cell.has_goal for run in runs]


def is_missed(shown: Shown) -> bool:
    """Return whether the goal is missed over all combinations that have one."""
    runs = of_the_goal(shown)
    return bool(runs) and p99(runs) > GOAL_ROUNDS


def rounds(value: float) -> str:
    """Write a number of rounds."""
    return "-" if math.isinf(value) else f"{value:.0f}"


def matrix(shown: Shown) -> str:
    """Write a row for each rate, delay and exchange; a column for each amount."""
    head = ("updates a second", "replication delay", "exchange", "goal", *(f"{each:,} ahead" for each in AMOUNTS))
    return table(head, _rows(shown))


def _rows(shown: Shown) -> Iterator[tuple[object, ...]]:
    for rate in RATES:
        for delay in DELAYS:
            for exchange in EXCHANGES:
                row = [Cell(rate, delay, exchange, amount) for amount in AMOUNTS]
                goal = f"{GOAL_ROUNDS}" if row[0].has_goal else "-"
                yield (
                    f"{rate:g}",
                    f"{delay:g} s",
                    f"{1000 * exchange:g} ms",
                    goal,
                    *(_cell(shown, each) for each in row),
                )


def _cell(shown: Shown, cell: Cell) -> str:
    """Write the median and p99; where more than 1 % are not shown, the share that is."""
    runs = shown.get(cell, [])
    if not runs:
        return "-"
    if not math.isinf(p99(runs)):
        return f"{quantile([each or 0 for each in runs], 0.5):.0f}, p99 {p99(runs):.0f}"
    return f"{100 * sum(each is not None for each in runs) / len(runs):.0f} % shown"


def over(shown: Shown) -> str:
    """Return the combinations with a goal whose own p99 is beyond it."""
    beyond = [cell for cell in cells() if cell.has_goal and p99(shown.get(cell, [])) > GOAL_ROUNDS]
    rows = ((f"{c.rate:g}", f"{c.delay:g} s", f"{1000 * c.exchange:g} ms", c.amount, _cell(shown, c)) for c in beyond)
    return table(("updates a second", "replication delay", "exchange", "ahead", f"of {MOST_ROUNDS} rounds"), rows)
