"""The way to a host through jump hosts that have jump hosts of their own in an OpenSSH configuration."""

import re
from collections.abc import Callable, Generator
from typing import Final

JUMP: Final = re.compile(r"(?:ssh://)?(?:(?P<user>[^,/]+)@)?(?P<host>\[[^\]]+\]|[^:\[\],@/]+)(?::(?P<port>\d+))?/?")
"""As OpenSSH writes it, also as a URI; the name of a user may contain another @."""


class JumpLoopError(Exception):
    """A jump host is reached through itself; the argument is its name."""


def route_from_here(route: str) -> Generator[str, str | None, str]:
    """Put the jump hosts of the first jump host in front of it; as with OpenSSH, the others' own do not count.

    It yields the name of a jump host, must be sent that host's own ProxyJump, and returns the whole route.
    Raises JumpLoopError.
    """
    passed: list[str] = []
    while (first := route.partition(",")[0]) not in passed:
        passed.append(first)
        if not JUMP.fullmatch(first):
            return route  # the login reports it
        before = yield first
        if not before:
            return route
        route = f"{before},{route}"
    raise JumpLoopError(first)


def whole_route(route: str, jump_of: Callable[[str], str | None]) -> str:
    """Return the whole route; raises JumpLoopError."""
    steps = route_from_here(route)
    try:
        first = next(steps)
        while True:
            first = steps.send(jump_of(first))
    except StopIteration as done:
        found: str = done.value
        return found


def loop_message(file: object, first: str) -> str:
    """Describe a loop, and what ends it."""
    return f"{file}: the ProxyJump of jump host {first} leads back to it; set ProxyJump none for {first}"
