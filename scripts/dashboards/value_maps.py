"""Numbers, words and colours of the exporter's closed sets: no state is shown by its colour alone."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from boks_exporter.health import DomainState, ReplicaState
from scripts.dashboards import colours as c


class Word(NamedTuple):
    """One value: its label value, its number in a query, its word and its colour."""

    value: str
    code: int
    text: str
    colour: str


class Set(NamedTuple):
    """One closed set: metric, label, and values from best to worst."""

    metric: str
    label: str
    words: tuple[Word, ...]


def _numbered(first: int, words: Iterable[tuple[str, str, str]]) -> tuple[Word, ...]:
    return tuple(Word(str(value), code, text, colour) for code, (value, text, colour) in enumerate(words, first))


STATE: Final = Set(
    "boks_replica_state",
    "state",
    _numbered(
        1,
        (
            (ReplicaState.OK, "OK", c.GREEN),
            (ReplicaState.UNKNOWN, "unknown", c.DARK),
            (ReplicaState.LOADING, "loading", c.SKY),
            (ReplicaState.UNLISTED, "unlisted", c.BLUE),
            (ReplicaState.UNREACHABLE, "unreachable", c.GREY),
            (ReplicaState.LAGGING, "lagging", c.ORANGE),
            (ReplicaState.AHEAD, "AHEAD", c.PURPLE),
            (ReplicaState.DIVERGED, "DIVERGED", c.YELLOW),
            (ReplicaState.DOWN, "DOWN", c.VERMILLION),
        ),
    ),
)
"""The exporter's verdict. The worst has the highest number, so that a table sorts by it."""

REPORTED: Final = Set(
    "boks_replica_reported_status",
    "status",
    _numbered(
        11,
        (
            ("ok", "OK", c.GREEN),
            ("loading", "loading", c.SKY),
            ("other", "another word", c.PURPLE),
            ("down", "DOWN", c.VERMILLION),
        ),
    ),
)
ROLE: Final = Set(
    "boks_host_role",
    "role",
    _numbered(
        21,
        (
            ("master", "MASTER", c.YELLOW),
            ("replica", "replica", c.SKY),
            ("client", "client", c.BLUE),
            ("unknown", "unknown", c.DARK),
        ),
    ),
)
DOMAIN: Final = Set(
    "boks_domain_state",
    "state",
    _numbered(
        31,
        (
            (DomainState.OK, "OK", c.GREEN),
            (DomainState.UNKNOWN, "unknown", c.GREY),
            (DomainState.DEGRADED, "degraded", c.ORANGE),
            (DomainState.ROLE_CHANGING, "role changing", c.ORANGE),
            (DomainState.SEVERAL_MASTERS, "SEVERAL MASTERS", c.VERMILLION),
            (DomainState.NO_MASTER, "NO MASTER", c.VERMILLION),
        ),
    ),
)
SEVERITY: Final = Set(
    "ALERTS",
    "severity",
    _numbered(41, (("info", "info", c.SKY), ("warning", "warning", c.ORANGE), ("critical", "CRITICAL", c.VERMILLION))),
)

ANSWERS: Final[Mapping[int, tuple[str, str]]] = {51: ("answers", c.GREEN), 50: ("silent", c.GREY)}
"""`50 + boks_host_up`."""

PROMOTABLE: Final[Mapping[int, tuple[str, str]]] = {61: ("yes", c.GREEN), 60: ("no", c.ORANGE)}
"""`60 + boks_replica_promotable`."""


def shown(words: Set) -> dict[int, tuple[str, str]]:
    """Return text and colour by number."""
    return {word.code: (word.text, word.colour) for word in words.words}
