"""What a fault is, and what the exporter must show meanwhile."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Fault: TypeAlias = Callable[..., AbstractAsyncContextManager[None]]


class Scope(StrEnum):
    """What a fault is set on."""

    HOST = "host"
    SLOW_LINE = "slow line"
    SITE = "site"
    NAMES = "names"
    EXPORTER = "exporter"


class Expected(StrEnum):
    """What is shown of the hosts concerned after three intervals."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A fault. Times are in intervals; `reasons` are those of the polls that it makes fail."""

    fault: Fault
    what: str
    scope: Scope = Scope.HOST
    expected: Expected = Expected.DOWN
    reasons: frozenset[str] = frozenset()
    lasts: int = 5
    recovers_within: int = 2
    clock_offset: int = 0
    """By how many seconds the clocks of the hosts concerned are shown to be wrong in the end."""
    answers: bool = True
    """Whether the exporter's web server answers meanwhile."""
    blames_no_host: bool = False
    """Whether no poll may be reported as failed, before or after its end: only the exporter is at fault."""
