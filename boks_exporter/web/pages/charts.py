"""The last day of a host as two small drawings: a strip of its states and a line of its lag."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil
from typing import Final

from boks_exporter.health.timeline import KEPT_SECONDS, NOT_POLLED, SLOT_SECONDS, HostTimeline, StateSpan
from boks_exporter.model import Timestamp
from boks_exporter.report.shapes import Tone, shown_state

WIDTH: Final = 288
"""One unit for each slot of five minutes."""
HEIGHT: Final = 24
_LEAST: Final = 1.0
"""The least width of a part, so that a short failure is seen."""
_NONE: Final = "none"
_TONES: Final = (*map(str, Tone), _NONE)
"""From the worst to the best; a time without polls hides nothing."""
_RANKS: Final = {tone: rank for rank, tone in enumerate(_TONES)}
_HEIGHTS: Final = {"ok": 7, "warn": 4, "away": 2, "odd": 0, "bad": 0, _NONE: 10}
_FEW: Final = 24
"""So many parts are drawn as they are also where there are many hosts."""


@dataclass(frozen=True, slots=True)
class Part:
    """One state of the strip."""

    x: float
    width: float
    tone: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The states of the last day, as one path for each tone; `label` is the same in words."""

    paths: Mapping[str, str]
    label: str


@dataclass(frozen=True, slots=True)
class Spark:
    """The lag of the last day as polylines, interrupted where it is not known; `label` is the same in words."""

    lines: tuple[str, ...]
    label: str


def strip(host: HostTimeline, now: Timestamp, step: int = 1) -> Strip:
    """Draw the states of the last day; in steps of several units, each shows the worst of its states."""
    begin = now - KEPT_SECONDS
    parts, seconds = [], defaultdict[str, float](float)
    for span, end in _ends(host.spans, now):
        since = max(span.since, begin)
        if end <= since:
            continue
        seconds[span.state] += end - since
        x = (since - begin) / KEPT_SECONDS * WIDTH
        width = max(_LEAST, (end - since) / KEPT_SECONDS * WIDTH)
        tone = _NONE if span.state == NOT_POLLED else str(shown_state(span.state).tone)
        parts.append(Part(round(min(x, WIDTH - width), 1), round(width, 1), tone))
    return Strip(_paths(parts if step == 1 or len(parts) <= _FEW else _stepped(parts, step)), _in_words(seconds))


def _paths(parts: Iterable[Part]) -> Mapping[str, str]:
    """Write the parts of each tone, the worse the higher, in a drawing that is 12 units high."""
    paths = defaultdict[str, str](str)
    for part in parts:
        paths[part.tone] += f"M{part.x:g} {_HEIGHTS[part.tone]}h{part.width:g}v12h-{part.width:g}z"
    return paths


def _stepped(parts: Iterable[Part], step: int) -> Iterator[Part]:
    """Draw many short parts as few: the worst tone of each step, and equal steps as one part."""
    nothing = len(_TONES)
    worst = [nothing] * (WIDTH // step)
    for part in parts:
        rank = _RANKS[part.tone]
        for at in range(int(part.x // step), min(len(worst), ceil((part.x + part.width) / step))):
            worst[at] = min(worst[at], rank)
    at = 0
    for rank, same in groupby(worst):
        count = len(list(same))
        if rank != nothing:
            yield Part(at * step, count * step, _TONES[rank])
        at += count


def _ends(spans: tuple[StateSpan, ...], now: Timestamp) -> Iterator[tuple[StateSpan, Timestamp]]:
    for span, following in pairwise(spans):
        yield span, following.since
    if spans:
        yield spans[-1], now


def _in_words(seconds: Mapping[str, float]) -> str:
    """Describe the strip by the share of each state, the longest first."""
    total = sum(seconds.values())
    if not total:
        return "last 24 hours: nothing recorded"
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    shares = (
        f"{shown_state(state).word if state else 'not polled'} {_percent(part / total)}" for state, part in ordered
    )
    known = "" if total > KEPT_SECONDS - 2 * SLOT_SECONDS else f" (recorded for {total / 3600:.1f} hours)"
    return f"last 24 hours{known}: {', '.join(shares)}"


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 1 else "less than 1 %"


def spark(host: HostTimeline, now: Timestamp, step: int = 1) -> Spark | None:
    """Draw the lag of the last day, of several slots the worst; None where it was never known."""
    first = int((now - KEPT_SECONDS) // SLOT_SECONDS)
    slots = {slot - first: lag for slot, lag in sorted(host.lags.items()) if 0 <= slot - first <= WIDTH}
    if not slots:
        return None
    newest, worst = next(reversed(slots.values())), max(slots.values())
    lags = defaultdict[int, int](int)
    for x, lag in slots.items():
        lags[x // step * step] = max(lag, lags[x // step * step])
    lines: list[list[str]] = []
    before = None
    for x, lag in lags.items():
        if before is None or x - before > step:
            lines.append([])
        y = HEIGHT - 2 - (lag / worst * (HEIGHT - 4) if worst else 0)
        lines[-1].append(f"{x},{y:.{1 if step == 1 else 0}f}")
        before = x
    label = f"lag of the last 24 hours: newest {newest:,}, worst {worst:,} updates"
    return Spark(tuple(_line(points) for points in lines), label)


def _line(points: list[str]) -> str:
    """Join points; a single one becomes a short stroke, which would not be visible otherwise."""
    if len(points) > 1:
        return " ".join(points)
    x, _, y = points[0].partition(",")
    return f"{max(0, int(x) - 2)},{y} {int(x) + 1},{y}"
