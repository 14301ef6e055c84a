"""Updates by their identity: which updates a copy holds, whatever its numbers say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Final, TypeAlias

from boks_exporter.model import Sequence, TableNumber

_ORIGINS: Final = count(1)


@dataclass(frozen=True, slots=True)
class Span:
    """The updates `after` < number <= `upto` that one origin wrote: a master's table, between two changes of master."""

    origin: int
    after: Sequence
    upto: Sequence


Updates: TypeAlias = tuple[Span, ...]
HeldUpdates: TypeAlias = dict[TableNumber, Updates]


def new_origin() -> int:
    """Return an identity for updates that no other host has."""
    return next(_ORIGINS)


def clipped(updates: Updates, upto: Sequence) -> Updates:
    """Return the updates up to a number."""
    return tuple(replace(span, upto=min(span.upto, upto)) for span in updates if span.after < upto)


def without(updates: Iterable[Span], others: Iterable[Span]) -> Updates:
    """Return the updates that are not among others."""
    left = tuple(updates)
    for other in others:
        left = tuple(piece for span in left for piece in _cut(span, other))
    return left


def size(updates: Iterable[Span]) -> int:
    """Count updates."""
    return sum(span.upto - span.after for span in updates)


def _cut(span: Span, other: Span) -> Iterator[Span]:
    if span.origin != other.origin or other.upto <= span.after or span.upto <= other.after:
        yield span
        return
    if span.after < other.after:
        yield replace(span, upto=other.after)
    if other.upto < span.upto:
        yield replace(span, after=other.upto)
