"""The legal changes of a role, as docs/failover.md prints them; tests compare them with the procedures' tables."""

from dataclasses import dataclass
from typing import Final

from boks_exporter.model import Role


@dataclass(frozen=True, slots=True)
class Transition:
    """A change from one role to another, and when it is right."""

    before: Role
    after: Role
    sentence: str


TRANSITIONS: Final = (
    Transition(Role.CLIENT, Role.REPLICA, "A client without a database becomes a replica and loads the master's."),
    Transition(Role.REPLICA, Role.CLIENT, "A replica is taken apart, to be rebuilt from the master's database."),
    Transition(Role.REPLICA, Role.MASTER, "A replica becomes master, when there is none and the old one is out."),
    Transition(Role.MASTER, Role.CLIENT, "A master becomes a client, before another is made or after one was."),
    Transition(
        Role.CLIENT,
        Role.MASTER,
        "A master that has just become a client is made master again with its own database, when there is no other.",
    ),
)
"""A master never becomes a replica directly: it would keep its own database, which others never had (K1262)."""
