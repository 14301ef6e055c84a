"""A step of a procedure: in a table its hosts are roles, in a plan they are names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.model import HostName, Seconds
from boks_exporter.remote.operator_requests import OperatorChange, RunName, StepId

UNNAMED: Final = "RUN"
"""Stands for a run's name in a plan that has no run yet."""

REMOVAL: Final = "{id}"
"""Stands in an undo for the id under which the step was done."""

SHM_SIZE: Final = "{shm_size}"
"""Stands in a table for the master's SHM_SIZE, and in an undo for the host's former one."""

UNCHANGED: Final = "nothing was changed"
"""Why a step that only waits has no undo."""


class Words:
    """The words that are sent to the operator's gate."""

    CONVERT_MASTER: Final = ("convert", "master")
    CONVERT_SERVER: Final = ("convert", "server")
    CONVERT_CLIENT: Final = ("convert", "client")
    BOOT_STOP: Final = ("boot-stop",)
    BOOT_START: Final = ("boot-start",)
    SET_SHM_SIZE: Final = ("set-shm-size", SHM_SIZE)
    REMOVE_DATABASE: Final = ("remove-database",)
    RESTORE_DATABASE: Final = ("restore-database", REMOVAL)


_LAST_LINES: Final[Mapping[tuple[str, ...], str]] = {
    Words.CONVERT_MASTER: "to master done.",
    Words.CONVERT_SERVER: "to replica done.",
    Words.CONVERT_CLIENT: "to client done.",
}
"""How the last line of a conversion ends when it succeeds (K1456, read there): `Conversion from replica to master
done.`; what the other commands print is not published."""

_AFTERWARDS: Final[Mapping[tuple[str, ...], ClaimKind]] = {
    Words.CONVERT_MASTER: ClaimKind.IS_ONLY_MASTER,
    Words.CONVERT_SERVER: ClaimKind.IS_REPLICA,
    Words.CONVERT_CLIENT: ClaimKind.IS_CLIENT,
    Words.BOOT_STOP: ClaimKind.IS_STOPPED,
    Words.BOOT_START: ClaimKind.IS_STARTED,
    Words.REMOVE_DATABASE: ClaimKind.HAS_NO_DATABASE,
    Words.RESTORE_DATABASE[:1]: ClaimKind.HAS_DATABASE,
    Words.SET_SHM_SIZE[:1]: ClaimKind.HAS_SHM_SIZE,
}
"""What is true of a host once words were carried out, whatever their argument is."""


class HostRole(StrEnum):
    """A host in a table: the one that the command names, or the master at the time of the plan."""

    TARGET = "target"
    MASTER = "master"


class When(StrEnum):
    """The condition under which a step is part of the plan, or is sent: whether a host is stopped shows in the run."""

    ALWAYS = "always"
    SHM_SIZE_DIFFERS = "shm_size_differs"
    DATABASE_IS_THERE = "database_is_there"
    IS_FENCED = "is_fenced"
    IS_STOPPED = "is_stopped"


class Stretch(StrEnum):
    """What a request to stop does right after a step: stop there, finish the stretch first, or undo it immediately."""

    NONE = "none"
    FINISH = "finish"
    UNDO = "undo"


class StepKind(StrEnum):
    """How a step is carried out."""

    CHANGE = "change"
    QUIESCE = "quiesce"
    WAIT = "wait"
    CONSOLE = "console"
    FENCE = "fence"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureStep:
    """One step. `needs` must be proven right before it, `proves` after it, `undo_needs` before it is undone.

    `words` are sent to the operator's gate of `host`; a step that only waits has none. `trusts_exit`: where observing
    cannot prove that it worked, the command's own success is enough. A step without an undo states why.
    """

    key: str
    purpose: str
    host: HostName | HostRole
    proves: tuple[Claim, ...]
    number: int = 0
    kind: StepKind = StepKind.CHANGE
    words: tuple[str, ...] = ()
    needs: tuple[Claim, ...] = ()
    undo: tuple[str, ...] | None = None
    undo_needs: tuple[Claim, ...] = ()
    no_undo: str = ""
    point_of_no_return: bool = False
    trusts_exit: bool = False
    when: When = When.ALWAYS
    stretch: Stretch = Stretch.NONE
    deadline_seconds: Seconds = 180.0

    @property
    def changes(self) -> bool:
        """Whether it may change BoKS on a host."""
        return self.kind in {StepKind.CHANGE, StepKind.QUIESCE, StepKind.CONSOLE}

    @property
    def is_sent(self) -> bool:
        """Whether it sends its words however the domain is: a host that runs is not started."""
        return bool(self.words) and self.when is not When.IS_STOPPED

    @property
    def moment(self) -> tuple[Claim, ...]:
        """What a master that is quiesced is waited for, as long as was configured: it can be missing in the end."""
        compared = (claim for claim in self.proves if claim.kind is ClaimKind.IS_AS_ADVANCED)
        return tuple(replace(claim, kind=ClaimKind.IS_QUIET) for claim in compared)

    @property
    def last_line(self) -> str | None:
        """The end of the last line that the command prints on success, where it is published."""
        return _LAST_LINES.get(self.words)

    def id(self, run: RunName, attempt: int = 1) -> StepId:
        """Return the id under which the host records an attempt."""
        return f"{run}.{self.number}" if attempt == 1 else f"{run}.{self.number}-{attempt}"

    def request(self, step_id: StepId) -> OperatorChange | None:
        """Return the request that changes the host; None where nothing is changed."""
        return OperatorChange.do(step_id, self.words) if self.words else None

    def undo_words(self, done_as: StepId) -> tuple[str, ...]:
        return tuple(done_as if word == REMOVAL else word for word in self.undo or ())

    def with_hosts(self, hosts: Mapping[str, HostName]) -> "ProcedureStep":
        """Replace roles by other roles or by names."""

        def named(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
            return tuple(claim.with_hosts(hosts) for claim in claims)

        return replace(
            self,
            host=hosts[self.host],
            needs=named(self.needs),
            proves=named(self.proves),
            undo_needs=named(self.undo_needs),
        )

    def with_shm_size(self, wanted: int | None, former: int | None) -> "ProcedureStep":
        """Fill in the SHM_SIZE that is set, and the former one in the undo; without a former one there is no undo."""
        if self.words != Words.SET_SHM_SIZE:
            return self
        undo = None if former is None else (self.words[0], str(former))
        return replace(
            self,
            words=(self.words[0], str(wanted)),
            proves=tuple(claim.with_number(wanted) for claim in self.proves),
            undo=undo,
            no_undo="" if undo else "its former SHM_SIZE is unknown",
        )


def claim_after(words: tuple[str, ...], host: HostName) -> Claim:
    """Return the claim that is true of a host once words were carried out."""
    kind = _AFTERWARDS.get(words) or _AFTERWARDS[words[:1]]
    is_number = kind is ClaimKind.HAS_SHM_SIZE and words[1] != SHM_SIZE
    return Claim(kind, host, number=int(words[1]) if is_number else None)


def change(
    on: HostRole, key: str, words: tuple[str, ...], purpose: str, *, proves: tuple[Claim, ...] = (), **more: Any
) -> ProcedureStep:
    """Return a step that sends words to a host; unless it `proves` more, it proves what is true after them."""
    return ProcedureStep(
        key=key, purpose=purpose, host=on, words=words, proves=proves or (claim_after(words, on),), **more
    )


def wait(on: HostRole, key: str, purpose: str, *proves: Claim, seconds: Seconds) -> ProcedureStep:
    """Return a step that changes nothing: it observes until its claims are proven or its time is over."""
    return ProcedureStep(
        key=key,
        purpose=purpose,
        host=on,
        kind=StepKind.WAIT,
        proves=proves,
        no_undo=UNCHANGED,
        deadline_seconds=seconds,
    )


def exchanged(*steps: ProcedureStep) -> tuple[ProcedureStep, ...]:
    """Return steps with the roles exchanged: once the target is master, the same is done to the old master."""
    other: dict[str, HostName] = {HostRole.TARGET: HostRole.MASTER, HostRole.MASTER: HostRole.TARGET}
    return tuple(step.with_hosts(other) for step in steps)
