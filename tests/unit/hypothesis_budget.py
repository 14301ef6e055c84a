"""How often a property is tried, in proportion to the profile that was chosen."""

from typing import Any, Final

from hypothesis import settings

_ALL: Final = 100
"""The examples that `make test` tries by default."""


def tried(times: int, **more: Any) -> settings:
    """Try a property so often, times what the chosen profile wants; a slow machine fails nothing."""
    share = settings.default.max_examples / _ALL
    return settings(max_examples=max(1, round(times * share)), deadline=None, **more)
