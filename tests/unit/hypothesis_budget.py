"""How often a property is tried, whatever the haste."""

from typing import Any, Final

from hypothesis import settings

_ALL: Final = 100
"""The examples that a profile without haste tries by default."""


def tried(times: int, **more: Any) -> settings:
    """Try a property so often, or as much less often as the chosen profile wants; a slow machine fails nothing."""
    share = min(1.0, settings.default.max_examples / _ALL)
    return settings(max_examples=max(1, round(times * share)), deadline=None, **more)
