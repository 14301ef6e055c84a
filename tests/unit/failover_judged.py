"""Plans in worlds made by hand, and all that the guards find there, in the order of the names."""

from typing import Any, NamedTuple

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight import PlanQuestion, findings_of
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import Host

PROMOTE, SWITCHOVER, RETIRE = Procedure.PROMOTE, Procedure.SWITCHOVER, Procedure.RETIRE
REBUILD, ADD = Procedure.REBUILD, Procedure.ADD_REPLICA
OWN_RUN = "20261124-7"
HOSTS = tuple(Host(name, f"192.0.2.{place}") for place, name in enumerate(("M", "R1", "R2", "C"), 1))


class World(NamedTuple):
    """A plan in a world, and its findings: level, name, and host where it is about one."""

    procedure: Procedure
    facts: FailoverFacts
    expected: tuple[str, ...] = ()
    target: str = "R1"


def judged(world: World) -> tuple[str, ...]:
    """Return the findings of a plan that a run under the name OWN_RUN makes again."""
    plan = make_plan(world.procedure, world.target, world.facts)
    findings = findings_of(PlanQuestion(plan, world.facts, FailoverLimits(), OWN_RUN))
    return tuple(sorted(f"{each.level} {each.guard}" + (f" {each.host}" if each.host else "") for each in findings))


def without(facts: FailoverFacts, *names: str) -> dict[str, Any]:
    """Return the gates of all hosts but these."""
    return {"gates": {name: gate for name, gate in facts.gates.items() if name not in names}}
