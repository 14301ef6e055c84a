"""Goals next to what was measured, and what bounds those that are missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Goal:
    """One goal; `bound` is what bounds it, by the figures, and is shown where it is missed."""

    what: str
    measured: str
    goal: str
    is_met: bool
    bound: str


def at_least(what: str, ratios: Sequence[float], goal: float, bound: str) -> Goal:
    """Return a goal for how many times less something costs, by the median of the cycles."""
    if not ratios:
        return _unmeasured(what, f"{goal:g}-fold")
    return Goal(what, times(ratios), f"{goal:g}-fold", median(ratios) >= goal, bound)


def at_most(what: str, values: Sequence[float], goal: float, unit: str, bound: str) -> Goal:
    """Return a goal for a cost or a share, by the median of the cycles."""
    if not values:
        return _unmeasured(what, f"at most {goal:g}{unit}")
    return Goal(what, f"{spread(values)}{unit}", f"at most {goal:g}{unit}", median(values) <= goal, bound)


def _unmeasured(what: str, goal: str) -> Goal:
    return Goal(what, "not measured", goal, is_met=False, bound="no CPU time of the peer could be counted here")


def goals_text(goals: Sequence[Goal]) -> str:
    """Write the table, and what bounds the missed ones."""
    lines = ["| what | measured | goal | reached |", "|---|---|---|---|"]
    lines += [
        f"| {each.what} | {each.measured} | {each.goal} | {'yes' if each.is_met else '**no**'} |" for each in goals
    ]
    missed = [f"* {each.what}: {each.bound}" for each in goals if not each.is_met]
    heading = "What bounds the goals that are not reached:" if missed else "All goals of this table are reached."
    return "\n".join([*lines, "", heading, *([""] if missed else []), *missed])


def times(ratios: Sequence[float]) -> str:
    """Write the median of ratios with the smallest and the largest."""
    digits = 0 if median(ratios) >= 10 else 1
    low, high = min(ratios), max(ratios)
    return f"{median(ratios):.{digits}f}-fold ({low:.{digits}f} to {high:.{digits}f})"


def spread(values: Sequence[float]) -> str:
    """Write the median with the smallest and the largest value."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
