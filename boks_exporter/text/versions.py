"""Version numbers as text."""

import re
from typing import Final

_VERSION: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}", re.ASCII)


def version_numbers(version: str) -> tuple[int, ...] | None:
    """Return the numbers of a version for comparison; None for one that is not numeric."""
    return tuple(map(int, version.split("."))) if _VERSION.fullmatch(version) else None
