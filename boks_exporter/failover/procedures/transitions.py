"""The legal changes of a role; what is not here is never asked for."""

from dataclasses import dataclass
from typing import Final

from boks_exporter.model import Role


@dataclass(frozen=True, slots=True)
class Transition:
    """From one role to another, and when that is right."""

    before: Role
    after: Role
    sentence: str


TRANSITIONS: Final = (
    Transition(Role.CLIENT, Role.REPLICA, "A client without a database becomes a replica and loads the master's."),
    Transition(Role.REPLICA, Role.CLIENT, "A replica is taken apart, to be rebuilt from the master's database."),
    Transition(Role.REPLICA, Role.MASTER, "A replica takes over, when nobody is master and the old one is out."),
    Transition(Role.MASTER, Role.CLIENT, "A master steps down, before another takes over or after one has."),
    Transition(
        Role.CLIENT,
        Role.MASTER,
        "A master that stepped down a moment ago steps up again with its own database, when nobody else has.",
    ),
)
"""A master never becomes a replica at once: it would keep its own database, which others never had (K1262)."""


def is_legal(before: Role, after: Role) -> bool:
    """Tell whether a host of one role may be told to become another."""
    return any((each.before, each.after) == (before, after) for each in TRANSITIONS)
