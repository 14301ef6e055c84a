"""Parser of durations in boksdiag's format.

`MM:SS` and `<n>D H:MM:SS` are read verbatim (K1456, H); `H:MM:SS` and `<n>D MM:SS` are inferred (L). The unit is `D` in
the list and `d` in the sequence (H); either is accepted in both. A word with minutes or seconds beyond 59, or with more
than 23 hours next to days, is not a duration: it probably means something else.
"""

from collections.abc import Sequence
from typing import Final

from boks_exporter.model import Seconds

_DAY: Final = 86_400.0
_HOUR: Final = 3_600.0
_MINUTE: Final = 60.0

# A look-up costs a third of a match and a conversion, and nearly every duration of a healthy domain is MM:SS.
_CLOCK: Final = {f"{m:02}:{s:02}": m * _MINUTE + s for m in range(60) for s in range(60)}
_MINUTES_SECONDS: Final = _CLOCK | {f"{m}:{s:02}": m * _MINUTE + s for m in range(10) for s in range(60)}
_HOURS_OF_DAY: Final = {"": 0.0} | {f"{h:0{width}}:": h * _HOUR for h in range(24) for width in (1, 2)}
_HOUR_DIGITS: Final = 3
_DAYS: Final = {f"{days}{unit}": days * _DAY for days in range(2000) for unit in "Dd"}
_DAY_DIGITS: Final = 6

minutes_seconds: Final = _MINUTES_SECONDS.get
"""Parse `MM:SS`; a bound method, since it is called for nearly every duration."""


def time_alone(word: str) -> Seconds | None:
    """Parse `MM:SS` or `H:MM:SS`; hours may exceed 23, as a release without days would print them (U)."""
    seconds = minutes_seconds(word)
    if seconds is not None:
        return seconds
    hours, _, clock = word.partition(":")
    seconds = _CLOCK.get(clock)
    if seconds is None or len(hours) > _HOUR_DIGITS or not (hours.isdecimal() and hours.isascii()):
        return None
    return int(hours) * _HOUR + seconds


def days_and_time(days_word: str, word: str) -> Seconds | None:
    """Parse the two words of `523D 5:19:20` or `523D 19:20`."""
    try:
        return _DAYS[days_word] + _HOURS_OF_DAY[word[:-5]] + _MINUTES_SECONDS[word[-5:]]
    except KeyError:
        return _odd_days_and_time(days_word, word)


def _odd_days_and_time(days_word: str, word: str) -> Seconds | None:
    days = _many_days(days_word)
    hours = _HOURS_OF_DAY.get(word[:-5])
    seconds = minutes_seconds(word[-5:])
    return None if days is None or hours is None or seconds is None else days + hours + seconds


def _many_days(word: str) -> Seconds | None:
    digits, unit = word[:-1], word[-1:]
    if unit not in {"D", "d"} or len(digits) > _DAY_DIGITS or not (digits.isdecimal() and digits.isascii()):
        return None
    return int(digits) * _DAY


def duration_at(words: Sequence[str], index: int) -> tuple[Seconds, int] | None:
    """Parse the duration that begins at `index`: its seconds, and the index of the word after it."""
    seconds = time_alone(words[index])
    if seconds is not None:
        return seconds, index + 1
    if index + 1 < len(words):
        seconds = days_and_time(words[index], words[index + 1])
        if seconds is not None:
            return seconds, index + 2
    return None
