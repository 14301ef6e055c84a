"""How a state is shown everywhere: a shape, a word, a kind of colour, and its place from the worst to the best."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Tone(StrEnum):
    """The kind of a state, by which colour and shape are chosen."""

    BAD = "bad"
    ODD = "odd"
    AWAY = "away"
    WARN = "warn"
    OK = "ok"


SHAPES: Final = {
    Tone.BAD: "\N{BLACK SQUARE}",
    Tone.ODD: "\N{BLACK DIAMOND}",
    Tone.AWAY: "?",
    Tone.WARN: "\N{BLACK UP-POINTING TRIANGLE}",
    Tone.OK: "\N{CHECK MARK}",
}

_TONES: Final = {
    "several_masters": Tone.BAD,
    "no_master": Tone.BAD,
    "down": Tone.BAD,
    "diverged": Tone.ODD,
    "ahead": Tone.ODD,
    "unreachable": Tone.AWAY,
    "lagging": Tone.WARN,
    "unlisted": Tone.WARN,
    "loading": Tone.WARN,
    "role_changing": Tone.WARN,
    "degraded": Tone.WARN,
    "unknown": Tone.AWAY,
    "ok": Tone.OK,
}
"""The states of hosts and domains, from the worst to the best."""

_ORDER: Final = {state: rank for rank, state in enumerate(_TONES)}
STATES: Final = tuple(_TONES)


@dataclass(frozen=True, slots=True)
class Shown:
    """A state as it is shown."""

    state: str
    word: str
    tone: Tone
    shape: str
    rank: int
    """0 is the worst."""


@lru_cache(maxsize=64)
def shown_state(state: str) -> Shown:
    """Return how a state is shown; one that is not known here is shown as unknown, under its own word."""
    tone = _TONES.get(state, Tone.AWAY)
    rank = _ORDER.get(state, _ORDER["unknown"])
    return Shown(state, state.replace("_", " "), tone, SHAPES[tone], rank)


def worst_of(domain: str, hosts: Iterable[str]) -> Shown:
    """Return the worst of a domain's state and those of its hosts, which explain `degraded`."""
    states = [shown_state(host) for host in hosts if host != "ok"]
    if domain != "degraded" or not states:
        states.append(shown_state(domain))
    return min(states, key=lambda state: state.rank)


def worst_first(names_and_states: Iterable[tuple[str, str]]) -> list[str]:
    """Order names by their states, worst first, then alphabetically."""
    ordered = sorted(names_and_states, key=lambda item: (shown_state(item[1]).rank, item[0].casefold(), item[0]))
    return [name for name, _ in ordered]
