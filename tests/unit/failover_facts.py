"""Facts made by hand, for everything that judges them."""

from dataclasses import replace
from typing import Any

from boks_exporter.failover.facts import FailoverFacts, GateFacts, Reading, Witness
from boks_exporter.failover.findings import Finding
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight import PlanQuestion, findings_of
from boks_exporter.failover.procedure import Procedure
from boks_exporter.health import Thresholds, judge_once
from boks_exporter.model import (
    Checksums,
    DomainSnapshot,
    Environment,
    ErrorLog,
    Host,
    HostOutcome,
    Observed,
    Reach,
    Role,
)
from boks_exporter.parsing.operator_facts import Daemons, GateReadiness
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, listed, silent, snapshot

WORDS = {Role.MASTER: "master", Role.REPLICA: "server", Role.CLIENT: "client"}


def host(name: str, role: Role, numbers: dict[int, int] | None = None, at: float = 1.0, **more: Any) -> Observed:
    """Return the complete answer of a host."""
    shown = None if role is Role.CLIENT else (NUMBERS if numbers is None else numbers)
    seen = answers(name, role, shown, at, environment=Environment(WORDS.get(role), 16000))
    whole = {"errlog": ErrorLog(0, ()), "checksums": Checksums((("method.conf", "1 2"),)), **more}
    return replace(seen, **whole)


def ready(name: str, role: Role, **more: Any) -> GateFacts:
    """Return the facts of an operator's gate that is ready."""
    known: dict[str, Any] = {
        "hostname": name,
        "role": role,
        "daemons": Daemons.RUNNING,
        "permitted": True,
        "boksadm": True,
        "state_writable": True,
        "database_present": role is not Role.CLIENT,
    }
    return GateFacts(name, GateReadiness(**(known | more)))


def facts_of(seen: DomainSnapshot, **more: Any) -> FailoverFacts:
    """Judge a round, and give every host that answers a gate that is ready."""
    judged = judge_once(seen, Thresholds())
    gates = {each.host: ready(each.host, each.role) for each in seen.observed()}
    known: dict[str, Any] = {
        "snapshot": seen,
        "comparison": judged.comparison,
        "health": judged.health,
        "seen_at": seen.finished_at,
        "gates": gates | more.pop("gates", {}),
        "registered": tuple(each.name for each in seen.hosts if each.name.startswith("R")),
    }
    return FailoverFacts(**(known | more))


def sound_domain(*outcomes: HostOutcome, **more: Any) -> FailoverFacts:
    """M is master of R1 and R2, C is a client; what is given replaces them."""
    usual: dict[str, HostOutcome] = {
        "M": host("M", Role.MASTER, at=0.0),
        "R1": host("R1", Role.REPLICA),
        "R2": host("R2", Role.REPLICA),
        "C": host("C", Role.CLIENT),
    }
    known = usual | {outcome.host: outcome for outcome in outcomes}
    hosts = more.pop("hosts", tuple(Host(name, f"192.0.2.{place}") for place, name in enumerate(known, 1)))
    lines = (listed("R1"), listed("R2"))
    seen = snapshot(*known.values(), second=NUMBERS, lines=lines, hosts=hosts, last_master="M")
    return facts_of(seen, **more)


def dead_master(*outcomes: HostOutcome, **more: Any) -> FailoverFacts:
    """M, once the master, does not answer, and neither replica reaches it."""
    usual: dict[str, HostOutcome] = {
        "M": silent("M"),
        "R1": host("R1", Role.REPLICA),
        "R2": host("R2", Role.REPLICA),
        "C": host("C", Role.CLIENT),
    }
    known = usual | {outcome.host: outcome for outcome in outcomes}
    hosts = more.pop("hosts", tuple(Host(name, f"192.0.2.{place}") for place, name in enumerate(known, 1)))
    seen = snapshot(*known.values(), hosts=hosts, last_master=more.pop("last_master", "M"))
    given = {
        "witnesses": (Witness("R1", Reach.TIMEOUT, about="M"), Witness("R2", Reach.TIMEOUT, about="M")),
        "readings": {"M": Reading("M", {7: (100, STAMP), 9: (50, STAMP)}, seen.finished_at - 30.0, "read by hand")},
        "failing_since": {"M": seen.finished_at - 10.0},
    }
    return facts_of(seen, **(given | more))


def found(
    procedure: Procedure, target: str, facts: FailoverFacts, limits: FailoverLimits | None = None
) -> list[Finding]:
    """Ask the guards."""
    plan = make_plan(procedure, target, facts)
    return list(findings_of(PlanQuestion(plan, facts, limits or FailoverLimits())))


def finding_names(
    procedure: Procedure, target: str, facts: FailoverFacts, limits: FailoverLimits | None = None
) -> list[str]:
    """Ask the guards, and take what they say in one line each."""
    return [f"{each.level} {each.guard}: {each.sentence}" for each in found(procedure, target, facts, limits)]
