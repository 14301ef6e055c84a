"""One thing to do: a step, or the undoing of one, in the same form."""

from dataclasses import dataclass, replace

from boks_exporter.failover.journal import LoggedStep, StepPhase
from boks_exporter.failover.plan import PlanStep
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step_template import StepKind
from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.remote.operator_requests import OperatorChange, RunName, StepId, boot_start

_UNDO_SECONDS: Seconds = 180.0

_MEANS = {
    ("convert", "master"): ClaimKind.IS_MASTER_ALONE,
    ("convert", "server"): ClaimKind.IS_REPLICA,
    ("convert", "client"): ClaimKind.IS_CLIENT,
    ("boot-stop",): ClaimKind.IS_STOPPED,
    ("boot-start",): ClaimKind.IS_STARTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is done on which host under which id, what must hold before and what proves it afterwards."""

    number: int
    phase: StepPhase
    attempt: int
    id: StepId
    key: str
    host: HostName
    kind: StepKind
    request: OperatorChange | None
    needs: tuple[Claim, ...]
    prefers: tuple[Claim, ...]
    proves: tuple[Claim, ...]
    trusts_exit: bool
    last_line: str | None
    deadline_seconds: Seconds

    def entry(self, at: Timestamp) -> LoggedStep:
        """Write it as an intent for the journal."""
        return LoggedStep(
            number=self.number,
            phase=self.phase,
            attempt=self.attempt,
            step_id=self.id,
            host=self.host,
            request=self.request.line() if self.request else "",
            intended_at=at,
        )


def act_of(step: PlanStep, run: RunName, attempt: int) -> Act:
    """Take a step as something to do."""
    step_id = step.id(run, attempt)
    return Act(
        number=step.number,
        phase=StepPhase.DO,
        attempt=attempt,
        id=step_id,
        key=step.key,
        host=step.host,
        kind=step.kind,
        request=step.request(step_id),
        needs=step.needs,
        prefers=step.prefers,
        proves=step.proves,
        trusts_exit=step.trusts_exit,
        last_line=step.last_line,
        deadline_seconds=step.deadline_seconds,
    )


def undo_of(step: PlanStep, run: RunName, done_as: StepId, attempt: int) -> Act:
    """Take the undoing of a step that was done under an id as something to do."""
    words = step.undo_words(done_as)
    suffix = "undo" if attempt == 1 else f"undo{attempt}"
    step_id = f"{run}.{step.number}-{suffix}"
    return replace(
        act_of(step, run, 1),
        phase=StepPhase.UNDO,
        attempt=attempt,
        id=step_id,
        key=f"undo {step.key}",
        request=OperatorChange.do(step_id, words),
        needs=step.undo_needs,
        prefers=(),
        proves=(claim_of(words, step.host),),
        trusts_exit=words == ("boot-start",),
        last_line=None,
        deadline_seconds=_UNDO_SECONDS,
    )


def makes_master(act: Act) -> bool:
    """Tell whether an act is a conversion to master, which can set the role and start nothing.

    The other conversions need no start: their proof is the role, and what starts BoKS comes after them.
    """
    return act.request is not None and act.request.words[1:] == ("convert", "master")


def starting_of(act: Act, turn: int, attempt: int) -> Act:
    """Take the end of a conversion to master as something to do; `turn` counts for this act, `attempt` for its step."""
    step_id = f"{act.id}-start" if turn == 1 else f"{act.id}-start{turn}"
    return replace(
        act,
        phase=StepPhase.START,
        attempt=attempt,
        id=step_id,
        key=f"start after {act.key}",
        request=OperatorChange.do(step_id, boot_start()),
        prefers=(),
        needs=(Claim(ClaimKind.MAY_START_AS_MASTER, act.host), Claim(ClaimKind.IS_STOPPED, act.host)),
        last_line=None,
    )


def claim_of(words: tuple[str, ...], host: HostName) -> Claim:
    """Tell what is so once words were carried out."""
    if words[0] == "set-shm-size":
        return Claim(ClaimKind.HAS_SHM_SIZE, host, number=int(words[1]))
    if words[0] == "restore-database":
        return Claim(ClaimKind.HAS_DATABASE, host)
    return Claim(_MEANS[words], host)
