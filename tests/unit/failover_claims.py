"""Claims about domains made by hand, and how they are judged."""

from typing import Any, NamedTuple

from boks_exporter.failover.facts import FailoverFacts, GateFacts
from boks_exporter.failover.findings import Acceptance, Acceptances, Guard
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import Certainty, Circumstances, prove
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import Daemons
from tests.unit.failover_facts import dead_master, ready, sound_domain

HEALTHY = sound_domain()
DEAD = dead_master()


def stopped(name: str, role: Role) -> dict[str, Any]:
    return {"gates": {name: ready(name, role, daemons=Daemons.STOPPED)}}


def mute(name: str) -> dict[str, Any]:
    return {"gates": {name: GateFacts(name, None, "auth: the login was refused")}}


class Case(NamedTuple):
    """A claim, the facts by which it is judged, and the judgement."""

    claim: ClaimKind
    facts: FailoverFacts
    truth: Certainty
    sentence: str
    host: str = "R1"
    other: str | None = "M"
    by: Circumstances = Circumstances()
    number: int | None = None


def taken(*guards: Guard, **more: Any) -> Circumstances:
    return Circumstances(accepted=Acceptances(tuple(Acceptance(guard, "so") for guard in guards)), **more)


YES = Certainty.YES
NO = Certainty.NO
UNKNOWN = Certainty.UNKNOWN


def judged(case: Case) -> tuple[Certainty, str]:
    """Judge its claim."""
    proven = prove(Claim(case.claim, case.host, case.other, case.number), case.facts, case.by)
    return proven.truth, proven.sentence


def named(*accepted: tuple[Guard, str | None], **more: Any) -> Circumstances:
    """Accept findings for one host each."""
    return Circumstances(accepted=Acceptances(tuple(Acceptance(guard, "so", host) for guard, host in accepted)), **more)
