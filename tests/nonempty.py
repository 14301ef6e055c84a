"""A guard against statements about all of nothing, which are true whatever the program does."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def nonempty(values: Iterable[T], least: int = 1) -> list[T]:
    """Return the values as a list; fails where there are fewer than expected."""
    found = list(values)
    assert len(found) >= least, f"expected at least {least} to look at, found {len(found)}"
    return found
