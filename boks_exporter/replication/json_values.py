"""Values of a JSON document, each checked; raises ValueError with the place of a wrong one."""

from collections.abc import Mapping
from sys import float_info
from typing import Any, Final

from boks_exporter.model import HostName, Sequence, TableNumber

_EARLIEST: Final = -1e10
_LATEST: Final = 2.5e11


def mapping_of(found: Any, where: str) -> Mapping[str, Any]:
    """Return an object."""
    if not isinstance(found, dict):
        message = f"{where}: expected an object, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - a damaged document is a wrong value, whatever is wrong with it
    return found


def table_of(text: str) -> TableNumber:
    """Return the table number that a key holds."""
    if not (text.isascii() and text.isdigit()):
        message = f"expected a table number, found {text!r:.60}"
        raise ValueError(message)
    return int(text)


def name_of(found: Any) -> HostName:
    """Return a host name."""
    if not isinstance(found, str):
        message = f"expected a host name, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - as above
    return found


def number_of(found: Any, where: str) -> Sequence:
    """Return a sequence number."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        message = f"{where}: expected a sequence number, found {found!r:.60}"
        raise ValueError(message)
    return found


def seconds_of(found: Any, where: str) -> float:
    """Return a finite number of seconds."""
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not -float_info.max <= found <= float_info.max:
        message = f"{where}: expected a number of seconds, found {found!r:.60}"
        raise ValueError(message)
    return float(found)


def time_of(found: Any, where: str) -> float:
    """Return a time that a calendar has, in seconds since 1970."""
    at = seconds_of(found, where)
    if not _EARLIEST <= at <= _LATEST:
        message = f"{where}: expected seconds since 1970, found {found!r:.60}"
        raise ValueError(message)
    return at


def optional_seconds_of(found: Any, where: str) -> float | None:
    """Return a number of seconds or None."""
    return None if found is None else seconds_of(found, where)


def optional_time_of(found: Any, where: str) -> float | None:
    """Return a time or None."""
    return None if found is None else time_of(found, where)
