"""Values of a JSON document, each checked; raises ValueError with the place of a wrong one."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from boks_exporter.model import HostName, Sequence, TableNumber


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


def time_of(found: Any, where: str) -> float:
    """Return a finite number of seconds."""
    if not isinstance(found, int | float) or isinstance(found, bool) or not isfinite(found):
        message = f"{where}: expected a number of seconds, found {found!r:.60}"
        raise ValueError(message)
    return float(found)


def optional_time_of(found: Any, where: str) -> float | None:
    """Return a time or None."""
    return None if found is None else time_of(found, where)
