"""What the operator's gate can be told, as the line that is sent: `boks-gate/1 op do r1.3 convert master`.

Two types that share no base: one looks, the other changes. A holder of what takes only an `OperatorQuery` cannot
change a host. Neither takes anything that the gate would not: an argument is checked before it is written.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self, TypeAlias

from boks_exporter.remote.request import OLD_PROTOCOL

RunName: TypeAlias = str
StepId: TypeAlias = str

_RUN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_STEP_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}\.[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_HOST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_OWNER: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_REASON: Final = re.compile(r"[A-Za-z0-9._:/-]{1,120}")
_LONGEST_ID: Final = 64
_LARGEST_PORT: Final = 65535
LONGEST_FREEZE_SECONDS: Final = 7 * 86_400
"""Seven days; the gate refuses more."""


class OperatorSection(StrEnum):
    """The section that answers each request."""

    PREFLIGHT = "preflight"
    REGISTERED = "registered"
    REACH = "reach"
    LOCK = "lock"
    UNLOCK = "unlock"
    BREAK_LOCK = "break-lock"
    LOCK_SHOW = "lock-show"
    DO = "do"
    RECORD = "record"
    VOID = "void"
    ASIDES = "asides"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"


@dataclass(frozen=True, slots=True)
class OperatorQuery:
    """A request that changes nothing."""

    section: OperatorSection
    words: tuple[str, ...] = ()

    def all_words(self) -> tuple[str, ...]:
        """Return the words after the protocol and the nonce."""
        return ("op", self.section, *self.words)

    def line(self) -> str:
        """Write the request for a gate of protocol 1."""
        return " ".join((OLD_PROTOCOL, *self.all_words()))

    @classmethod
    def preflight(cls) -> Self:
        """Ask whether the host is ready for changes."""
        return cls(OperatorSection.PREFLIGHT)

    @classmethod
    def registered(cls) -> Self:
        """Ask the master which hosts the database has as replicas."""
        return cls(OperatorSection.REGISTERED)

    @classmethod
    def reach(cls, host: str, port: int) -> Self:
        """Ask a host whether it can open a connection to another."""
        checked_port = _number(port, _LARGEST_PORT, "a port")
        return cls(OperatorSection.REACH, (_checked(_HOST, host, "a host's address"), checked_port))

    @classmethod
    def lock_show(cls) -> Self:
        """Ask who holds the host's lock."""
        return cls(OperatorSection.LOCK_SHOW)

    @classmethod
    def asides(cls) -> Self:
        """Ask what runs have moved aside on the host."""
        return cls(OperatorSection.ASIDES)

    @classmethod
    def record(cls, step: StepId) -> Self:
        """Ask what became of a change, without starting it."""
        return cls(OperatorSection.RECORD, (_step(step),))


@dataclass(frozen=True, slots=True)
class OperatorChange:
    """A request that changes a host, or its lock."""

    section: OperatorSection
    words: tuple[str, ...]

    def all_words(self) -> tuple[str, ...]:
        """Return the words after the protocol and the nonce."""
        return ("op", self.section, *self.words)

    def line(self) -> str:
        """Write the request for a gate of protocol 1."""
        return " ".join((OLD_PROTOCOL, *self.all_words()))

    @classmethod
    def lock(cls, run: RunName, owner: str) -> Self:
        """Take the host's lock for a run."""
        return cls(OperatorSection.LOCK, (checked_run(run), _checked(_OWNER, owner, "a lock's owner")))

    @classmethod
    def unlock(cls, run: RunName) -> Self:
        """Release the run's lock."""
        return cls(OperatorSection.UNLOCK, (checked_run(run),))

    @classmethod
    def break_lock(cls, run: RunName) -> Self:
        """Take a lock away from a run that will not come back for it."""
        return cls(OperatorSection.BREAK_LOCK, (checked_run(run),))

    @classmethod
    def void(cls, step: StepId) -> Self:
        """Claim an id, so that a request under it that arrives later runs nothing."""
        return cls(OperatorSection.VOID, (_step(step),))

    @classmethod
    def freeze(cls, seconds: int, owner: str, reason: str) -> Self:
        """Freeze the host's domain; it ends by itself."""
        length = _number(seconds, LONGEST_FREEZE_SECONDS, "a freeze in seconds")
        checked = _checked(_OWNER, owner, "a freeze's owner"), _checked(_REASON, reason, "a freeze's reason")
        return cls(OperatorSection.FREEZE, (length, *checked))

    @classmethod
    def unfreeze(cls) -> Self:
        """Lift a freeze of any operator."""
        return cls(OperatorSection.UNFREEZE, ())

    @classmethod
    def do(cls, step: StepId, words: tuple[str, ...]) -> Self:
        """Make a change, once under this id."""
        return cls(OperatorSection.DO, (_step(step), *words))


def restore_database(removal: StepId) -> tuple[str, ...]:
    """Move back what a removal moved aside."""
    return ("restore-database", _step(removal))


def remove_aside(removal: StepId) -> tuple[str, ...]:
    """Remove permanently what a removal moved aside."""
    return ("remove-aside", _step(removal))


def reason_word(text: str) -> str:
    """Make the reason of a freeze one word: `_` for blanks, a dash for what the gate does not take."""
    return re.sub(r"[^A-Za-z0-9._:/-]", "-", "_".join(text.split()))[:120] or "none"


def owner_word(text: str) -> str:
    """Make a lock's owner of `user@host`: what the gate does not take becomes a dash."""
    return re.sub(r"[^A-Za-z0-9._:-]", "-", text)[:64] or "unknown"


def checked_run(name: str) -> RunName:
    """Return a run's name; raises ValueError for what no run can have."""
    return _checked(_RUN, name, "a run's name as failover history shows it")


def _step(step: str) -> str:
    if len(step) > _LONGEST_ID:
        raise ValueError(_wrong("a step's id of at most 64 characters", step))
    return _checked(_STEP_ID, step, "a step's id such as run.1")


def _number(value: int, largest: int, what: str) -> str:
    if not 1 <= value <= largest:
        raise ValueError(_wrong(f"{what} from 1 to {largest}", value))
    return str(value)


def _checked(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(_wrong(what, text))
    return text


def _wrong(expected: str, found: object) -> str:
    return f"expected {expected}, found {found!r}"
