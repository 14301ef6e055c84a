"""The exact conditions of every row that changes a host, and what refuses it in domains that are not as planned."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.findings import Acceptance, Acceptances, Guard
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan, make_plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import ProcedureStep
from boks_exporter.failover.proofs import Certainty, Circumstances, prove_all
from boks_exporter.failover.runner.run_context import circumstances
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import Daemons
from tests.unit.domain_rounds import STAMP, silent
from tests.unit.failover_facts import dead_master, host, ready, sound_domain

AHEAD = {7: 150, 9: 50}
NO_DATABASE = {"database_present": False}
OLD_IS_OUT = Acceptances((Acceptance(Guard.OLD_MASTER_UNPROVEN, "its power is off", "M"),))


def plan_of(procedure: Procedure) -> Plan:
    """Make the plan in each test: one that was made at the import shows no change of a table."""
    target, facts = PLANNED[procedure]
    return make_plan(procedure, target, facts)


PLANNED: Mapping[Procedure, tuple[str, FailoverFacts]] = {
    Procedure.PROMOTE: ("R1", dead_master(has_fence=True)),
    Procedure.SWITCHOVER: ("R1", sound_domain()),
    Procedure.REBUILD: ("R1", sound_domain()),
    Procedure.ADD_REPLICA: ("C", sound_domain(gates={"C": ready("C", Role.CLIENT, database_present=True)})),
    Procedure.RETIRE: ("M", sound_domain(host("R1", Role.MASTER, at=0.0))),
}

CONDITIONS = {
    Procedure.PROMOTE: {
        "fence": "no_master_but_fenced(R1)",
        "convert-master": "nobody_is_master(R1) is_replica(R1) is_best(R1)",
        "start-new-master": "may_start_as_master(R1) is_stopped(R1)",
    },
    Procedure.SWITCHOVER: {
        "quiesce": "master_is_sound(M) is_replica(R1) is_equal(R1) | no_other_master(M)",
        "convert-client": "is_as_advanced(R1) | nobody_is_master(M)",
        "stop-old-master": "is_client(M) | is_client(M)",
        "convert-master": "nobody_is_master(R1) is_out(M) is_replica(R1) is_as_advanced(R1)",
        "start-new-master": "may_start_as_master(R1) is_stopped(R1)",
        "remove-database": "may_be_removed(M)",
        "convert-server": "master_is_sound(R1) has_no_database(M)",
        "stop-master": "master_is_sound(R1) | no_other_master(R1)",
        "start-master": "no_other_master(R1)",
    },
    Procedure.REBUILD: {
        "convert-client": "master_is_sound(M) is_replica(R1)",
        "remove-database": "may_be_removed(R1)",
        "convert-server": "master_is_sound(M) has_no_database(R1)",
        "stop-master": "master_is_sound(M) | no_other_master(M)",
        "start-master": "no_other_master(M)",
    },
    Procedure.ADD_REPLICA: {
        "remove-database": "may_be_removed(C)",
        "convert-server": "master_is_sound(M) has_no_database(C)",
        "stop-master": "master_is_sound(M) | no_other_master(M)",
        "start-master": "no_other_master(M)",
    },
    Procedure.RETIRE: {
        "convert-client": "is_master_beside(R1)",
        "stop-old-master": "is_client(M) | is_client(M)",
        "remove-database": "may_be_removed(M)",
        "start-client": "is_client(M)",
    },
}
"""What is proven right before each row, and after the bar before it is undone, with the host that it is about."""

FREE = {"set-shm-size", "stop-replica", "start-replica"}
"""Rows that change a host which is no master and whose copy they leave alone: they need nothing."""


def conditions(step: ProcedureStep) -> str:
    needs, undo = (
        " ".join(f"{each.kind}({each.host})" for each in several) for several in (step.needs, step.undo_needs)
    )
    return f"{needs} | {undo}" if undo else needs


@pytest.mark.parametrize("procedure", CONDITIONS)
def test_every_row_that_changes_a_host_has_exactly_its_conditions(procedure: Procedure) -> None:
    """A condition that is dropped or replaced is noticed here, whichever others are left."""
    rows = {step.key: conditions(step) for step in plan_of(procedure).steps if step.needs or step.words}
    named = {key: found for key, found in rows.items() if key in CONDITIONS[procedure]}
    assert named == CONDITIONS[procedure]
    others = {step.key for step in plan_of(procedure).steps if step.words and step.key not in named}
    assert {key for key in others if key not in FREE and not rows[key]} == set()


def test_the_console_is_for_an_old_master_next_to_another() -> None:
    plan = make_plan(Procedure.RETIRE, "M", sound_domain(host("R1", Role.MASTER, at=0.0), silent("M")))
    assert [conditions(step) for step in plan.steps if step.changes] == ["is_master_beside(R1)"]


def out(name: str, daemons: Daemons = Daemons.STOPPED, **more: object) -> dict[str, object]:
    return {"gates": {name: ready(name, Role.CLIENT, daemons=daemons, **more)}}


CLIENT_M = host("M", Role.CLIENT)
FINAL = {"readings": {"M": Reading("M", {7: (100, STAMP), 9: (50, STAMP)}, 0.0, "stopped", is_final=True)}}
MORE = {"readings": {"M": Reading("M", {7: (101, STAMP), 9: (50, STAMP)}, 0.0, "stopped", is_final=True)}}
NOT_FINAL = {"readings": {"M": Reading("M", {7: (100, STAMP), 9: (50, STAMP)}, 0.0, "running")}}
MASTER_R1 = host("R1", Role.MASTER, at=0.0)
TWO = sound_domain(host("R2", Role.MASTER))
STEPPED_DOWN = dead_master(CLIENT_M, **FINAL, **out("M"))
LEFT = sound_domain(CLIENT_M, MASTER_R1, **FINAL, **out("M", database_present=True))
TURNED = sound_domain(CLIENT_M, MASTER_R1, **FINAL, **out("M"))

REFUSED: list[tuple[Procedure, str, FailoverFacts, Acceptances]] = [
    (Procedure.PROMOTE, "convert-master", dead_master(), Acceptances()),
    (Procedure.PROMOTE, "convert-master", dead_master(host("R2", Role.MASTER)), OLD_IS_OUT),
    (Procedure.PROMOTE, "convert-master", dead_master(host("M", Role.MASTER)), OLD_IS_OUT),
    (Procedure.PROMOTE, "convert-master", dead_master(host("R1", Role.CLIENT)), OLD_IS_OUT),
    (Procedure.PROMOTE, "convert-master", dead_master(silent("R1")), OLD_IS_OUT),
    (Procedure.PROMOTE, "convert-master", dead_master(host("R2", Role.REPLICA, AHEAD)), OLD_IS_OUT),
    (Procedure.PROMOTE, "fence", dead_master(host("R2", Role.MASTER)), OLD_IS_OUT),
    (Procedure.SWITCHOVER, "quiesce", TWO, Acceptances()),
    (Procedure.SWITCHOVER, "quiesce", sound_domain(host("R1", Role.CLIENT)), Acceptances()),
    (Procedure.SWITCHOVER, "quiesce", sound_domain(host("R1", Role.REPLICA, {7: 99, 9: 50})), Acceptances()),
    (Procedure.SWITCHOVER, "quiesce", sound_domain(silent("R1")), Acceptances()),
    (Procedure.SWITCHOVER, "convert-client", dead_master(CLIENT_M, **MORE), Acceptances()),
    (Procedure.SWITCHOVER, "convert-client", dead_master(CLIENT_M, **NOT_FINAL), Acceptances()),
    (Procedure.SWITCHOVER, "stop-old-master", sound_domain(), Acceptances()),
    (Procedure.SWITCHOVER, "convert-master", sound_domain(), Acceptances()),
    (
        Procedure.SWITCHOVER,
        "convert-master",
        dead_master(CLIENT_M, **FINAL, **out("M", Daemons.RUNNING)),
        Acceptances(),
    ),
    (Procedure.SWITCHOVER, "convert-master", dead_master(CLIENT_M, **MORE, **out("M")), Acceptances()),
    (Procedure.SWITCHOVER, "convert-master", dead_master(silent("M"), **FINAL), Acceptances()),
    (
        Procedure.SWITCHOVER,
        "convert-master",
        sound_domain(CLIENT_M, host("R2", Role.MASTER), **FINAL, **out("M")),
        Acceptances(),
    ),
    (
        Procedure.SWITCHOVER,
        "convert-master",
        dead_master(CLIENT_M, host("R1", Role.CLIENT), **FINAL, **out("M")),
        Acceptances(),
    ),
    (Procedure.SWITCHOVER, "remove-database", sound_domain(MASTER_R1), Acceptances()),
    (Procedure.SWITCHOVER, "remove-database", sound_domain(CLIENT_M, MASTER_R1, **MORE), Acceptances()),
    (Procedure.SWITCHOVER, "remove-database", dead_master(CLIENT_M, **FINAL), Acceptances()),
    (Procedure.SWITCHOVER, "convert-server", LEFT, Acceptances()),
    (Procedure.SWITCHOVER, "convert-server", STEPPED_DOWN, Acceptances()),
    (Procedure.SWITCHOVER, "start-master", sound_domain(host("R2", Role.MASTER), CLIENT_M), Acceptances()),
    (Procedure.REBUILD, "convert-client", TWO, Acceptances()),
    (Procedure.REBUILD, "convert-client", dead_master(), Acceptances()),
    (Procedure.REBUILD, "convert-client", sound_domain(host("R1", Role.MASTER)), Acceptances()),
    (Procedure.REBUILD, "remove-database", sound_domain(), Acceptances()),
    (
        Procedure.REBUILD,
        "convert-server",
        sound_domain(host("R1", Role.CLIENT), **out("R1", database_present=True)),
        Acceptances(),
    ),
    (Procedure.REBUILD, "stop-master", TWO, Acceptances()),
    (Procedure.ADD_REPLICA, "convert-server", TWO, Acceptances()),
    (Procedure.RETIRE, "convert-client", sound_domain(), Acceptances()),
    (Procedure.RETIRE, "convert-client", sound_domain(MASTER_R1, host("R2", Role.MASTER)), Acceptances()),
    (Procedure.RETIRE, "stop-old-master", sound_domain(MASTER_R1), Acceptances()),
    (Procedure.RETIRE, "remove-database", sound_domain(CLIENT_M, MASTER_R1, **MORE), Acceptances()),
    (Procedure.RETIRE, "start-client", sound_domain(MASTER_R1), Acceptances()),
]
"""A row, a domain in which it must not be begun, and what was accepted."""


def judged(procedure: Procedure, key: str, facts: FailoverFacts, accepted: Acceptances) -> Certainty:
    plan = plan_of(procedure)
    step = next(step for step in plan.steps if step.key == key)
    by: Circumstances = circumstances(plan, accepted, FailoverLimits())
    return prove_all(step.needs, facts, replace(by, to_fence=frozenset())).truth


@pytest.mark.parametrize(
    ("procedure", "key", "facts", "accepted"), REFUSED, ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_a_row_is_refused_in_a_domain_that_is_not_as_planned(
    procedure: Procedure, key: str, facts: FailoverFacts, accepted: Acceptances
) -> None:
    """Another master, another role, a copy that lacks something, or no answer: not proven, so not begun."""
    assert judged(procedure, key, facts, accepted) is not Certainty.YES


GONE = sound_domain(host("R1", Role.CLIENT), gates={"R1": ready("R1", Role.CLIENT, **NO_DATABASE)})
ALLOWED: list[tuple[Procedure, str, FailoverFacts, Acceptances]] = [
    (Procedure.PROMOTE, "convert-master", dead_master(), OLD_IS_OUT),
    (Procedure.SWITCHOVER, "quiesce", sound_domain(), Acceptances()),
    (Procedure.SWITCHOVER, "convert-client", STEPPED_DOWN, Acceptances()),
    (Procedure.SWITCHOVER, "stop-old-master", STEPPED_DOWN, Acceptances()),
    (Procedure.SWITCHOVER, "convert-master", STEPPED_DOWN, Acceptances()),
    (Procedure.SWITCHOVER, "start-master", TURNED, Acceptances()),
    (Procedure.REBUILD, "convert-client", sound_domain(), Acceptances()),
    (Procedure.REBUILD, "convert-server", GONE, Acceptances()),
    (Procedure.REBUILD, "stop-master", sound_domain(), Acceptances()),
    (Procedure.RETIRE, "convert-client", sound_domain(MASTER_R1), Acceptances()),
    (Procedure.RETIRE, "stop-old-master", TURNED, Acceptances()),
    (Procedure.RETIRE, "start-client", TURNED, Acceptances()),
]


@pytest.mark.parametrize(
    ("procedure", "key", "facts", "accepted"), ALLOWED, ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_the_same_row_is_begun_in_the_domain_that_the_plan_expects(
    procedure: Procedure, key: str, facts: FailoverFacts, accepted: Acceptances
) -> None:
    """Otherwise the refusals above would prove nothing."""
    assert judged(procedure, key, facts, accepted) is Certainty.YES
