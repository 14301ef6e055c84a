"""Plans and their fingerprints: what is in them, and what does not move them."""

import json
from dataclasses import replace

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.journal.codec import dump_plan, read_plan
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan, basis_of, difference, fingerprint_of, make_plan
from boks_exporter.failover.preflight import PlanQuestion, findings_of
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import HostRole, StepKind, Stretch, Words
from boks_exporter.failover.procedures.tables import RETIRE_AT_CONSOLE, TABLES
from boks_exporter.model import Environment, Role
from scripts.role_transitions import TRANSITIONS
from tests.unit.domain_rounds import STAMP, silent
from tests.unit.failover_facts import dead_master, host, ready, sound_domain

ROWS = [(procedure, row) for procedure, table in TABLES.items() for row in table]
ROWS += [(Procedure.RETIRE, row) for row in RETIRE_AT_CONSOLE]


def steps(plan: Plan) -> list[str]:
    """Write each step in a line: its request, and how it can be undone."""
    lines = []
    for step in plan.steps:
        request = step.request(step.id("run"))
        does = request.line().removeprefix("boks-gate/1 op ") if request else f"{step.kind}"
        undo = " ".join(step.undo) if step.undo else "-"
        lines.append(f"{step.number} {step.host}: {does} | {undo}" + (" | !" if step.point_of_no_return else ""))
    return lines


def basis(procedure: Procedure, target: str, facts: FailoverFacts) -> tuple[tuple[str, str], ...]:
    plan = make_plan(procedure, target, facts)
    return basis_of(plan, facts, findings_of(PlanQuestion(plan, facts, FailoverLimits())))


@pytest.mark.parametrize(("procedure", "row"), ROWS, ids=lambda value: getattr(value, "key", str(value)))
def test_every_row_is_whole(procedure: Procedure, row) -> None:  # noqa: ANN001 - a row
    """A change has words and a proof; one without an undo says why; what has no way back has no undo.

    What each row needs is in test_failover_row_conditions.py, exactly.
    """
    assert row.proves, procedure
    assert (row.kind in {StepKind.CHANGE, StepKind.QUIESCE}) == (bool(row.words))
    assert row.undo or row.no_undo
    assert not (row.point_of_no_return and row.undo)


LEGAL = {(each.before, each.after) for each in TRANSITIONS}
BEGINS_AS = {Procedure.ADD_REPLICA: Role.CLIENT, Procedure.RETIRE: Role.MASTER}
CONVERTS = {
    Words.CONVERT_MASTER: Role.MASTER,
    Words.CONVERT_SERVER: Role.REPLICA,
    Words.CONVERT_CLIENT: Role.CLIENT,
}


@pytest.mark.parametrize("procedure", TABLES)
def test_every_change_of_a_role_in_a_table_is_legal(procedure: Procedure) -> None:
    """Each conversion and each undo of one begins with the role that the steps before it have left."""
    roles = {HostRole.TARGET: BEGINS_AS.get(procedure, Role.REPLICA), HostRole.MASTER: Role.MASTER}
    changes = []
    for row in TABLES[procedure]:
        before, after = roles[row.host], CONVERTS.get(row.words)
        if after is None:
            assert row.undo not in CONVERTS, "an undo that changes a role undoes a change of a role"
            continue
        changes.append((before, after))
        if row.undo is not None:
            assert CONVERTS[row.undo] is before, row.key
            changes.append((after, before))
        roles[row.host] = after
    assert changes
    assert set(changes) <= LEGAL


def test_a_master_never_becomes_a_replica_directly() -> None:
    """It would keep a database that others never had; and each legal transition has its sentence."""
    assert (Role.MASTER, Role.REPLICA) not in LEGAL
    assert all(transition.sentence.endswith(".") for transition in TRANSITIONS)


def test_every_claim_can_be_printed() -> None:
    """No claim without a sentence for the plan."""
    said = [str(Claim(kind, "h", "o", 7)) for kind in ClaimKind]
    assert all(said)
    assert len(set(said)) == len(said)


def test_a_promotion_changes_one_host_and_locks_all_servers() -> None:
    """Two promotions on two machines meet at the locks."""
    plan = make_plan(Procedure.PROMOTE, "R1", dead_master())
    assert steps(plan) == [
        "1 R1: wait | -",
        "2 R1: wait | -",
        "3 R1: do run.3 convert master | - | !",
        "4 R1: do run.4 boot-start | -",
        "5 R1: wait | -",
        "6 R1: wait | -",
    ]
    assert plan.lock_hosts == ("R1", "R2")
    assert plan.excused == ("M",)
    assert plan.afterwards == (
        "M: unreachable; retire it before it boots (now: unreachable)",
        "R1: master (now: replica)",
        "R2: replica",
        "C: client",
    )


def test_a_switchover_lets_one_master_go_before_another_comes() -> None:
    """Up to the point of no return every step has its way back."""
    assert steps(make_plan(Procedure.SWITCHOVER, "R1", sound_domain())) == [
        "1 R1: wait | -",
        "2 M: do run.2 boot-stop | boot-start",
        "3 M: do run.3 convert client | convert master",
        "4 M: do run.4 boot-stop | boot-start",
        "5 R1: do run.5 convert master | - | !",
        "6 R1: do run.6 boot-start | -",
        "7 R1: wait | -",
        "8 R1: wait | -",
        "9 M: do run.9 remove-database | restore-database {id}",
        "10 M: wait | -",
        "11 M: do run.11 convert server | convert client",
        "12 M: do run.12 boot-stop | boot-start",
        "13 M: do run.13 boot-start | -",
        "14 R1: do run.14 boot-stop | boot-start",
        "15 R1: do run.15 boot-start | -",
        "16 M: wait | -",
        "17 M: wait | -",
        "18 R1: wait | -",
    ]


def test_a_client_gets_the_masters_shm_size_and_loses_an_old_database() -> None:
    """Both only where they are needed."""
    client = host("C", Role.CLIENT, environment=Environment("client", 8000))
    facts = sound_domain(client, gates={"C": ready("C", Role.CLIENT, database_present=True)})
    assert steps(make_plan(Procedure.ADD_REPLICA, "C", facts))[:4] == [
        "1 C: wait | -",
        "2 C: do run.2 remove-database | restore-database {id}",
        "3 C: do run.3 set-shm-size 16000 | set-shm-size 8000",
        "4 C: do run.4 convert server | convert client",
    ]
    assert steps(make_plan(Procedure.ADD_REPLICA, "C", sound_domain()))[:2] == [
        "1 C: wait | -",
        "2 C: do run.2 convert server | convert client",
    ]


def test_an_old_master_that_ssh_does_not_reach_is_retired_at_its_console() -> None:
    """In single-user mode no SSH runs: one step, made by a person."""
    facts = sound_domain(host("R1", Role.MASTER, at=0.0), silent("M"))
    plan = make_plan(Procedure.RETIRE, "M", facts)
    assert steps(plan) == ["1 M: console | - | !"]
    assert (plan.master, plan.changed_hosts, plan.concerned_hosts) == ("R1", (), ("M",))


@pytest.mark.parametrize(
    ("procedure", "target", "facts", "obstacle"),
    [
        (
            Procedure.SWITCHOVER,
            "R1",
            dead_master(),
            "switchover needs one master besides R1: no other host is master",
        ),
        (Procedure.REBUILD, "M", sound_domain(), "M is the master: rebuild is for another host"),
        (Procedure.PROMOTE, "X", dead_master(), "X is no host of bank"),
    ],
)
def test_what_cannot_be_planned_shows_why(
    procedure: Procedure, target: str, facts: FailoverFacts, obstacle: str
) -> None:
    """A plan without steps names the obstacle."""
    plan = make_plan(procedure, target, facts)
    assert (plan.steps, plan.obstacle) == ((), obstacle)


def test_a_fingerprint_stays_while_nothing_that_matters_changes() -> None:
    """Times, ages and numbers of a busy domain are not in it."""
    facts = dead_master()
    later = replace(
        dead_master(
            host("R1", Role.REPLICA, {7: 150, 9: 60}),
            host("R2", Role.REPLICA, {7: 150, 9: 60}),
            readings={"M": Reading("M", {7: (110, STAMP)}, -30.0, "another look")},
        ),
        seen_at=facts.seen_at + 60.0,
    )
    before, now = (fingerprint_of(basis(Procedure.PROMOTE, "R1", each)) for each in (facts, later))
    assert before == now
    assert len(before) == 16
    assert set(before) <= set("0123456789abcdef")


def test_a_fingerprint_moves_with_what_matters_and_the_difference_is_named() -> None:
    """Another role, another state of the daemons, a new finding, another plan."""
    before = basis(Procedure.PROMOTE, "R1", dead_master())
    now = basis(Procedure.PROMOTE, "R1", dead_master(host("R2", Role.REPLICA, {7: 101, 9: 50})))
    assert fingerprint_of(before) != fingerprint_of(now)
    assert difference(before, now) == ("finding behind_best on R1: was note, is refuse",)
    other = basis(Procedure.PROMOTE, "R2", dead_master())
    assert "target: was R1, is R2" in difference(before, other)


@pytest.mark.parametrize("procedure", [Procedure.SWITCHOVER, Procedure.REBUILD, Procedure.ADD_REPLICA])
def test_a_plan_survives_the_journal(procedure: Procedure) -> None:
    """What resume reads is what was applied."""
    plan = make_plan(procedure, "C" if procedure is Procedure.ADD_REPLICA else "R1", sound_domain())
    assert read_plan(dump_plan(plan)) == plan


def test_a_plan_of_an_older_program_is_read() -> None:
    """Its comparison was a step that gave up: a master that is stopped for it is started again, as in a stretch."""
    data = json.loads(dump_plan(make_plan(Procedure.SWITCHOVER, "R1", sound_domain())))
    for number, step in enumerate(data["steps"], 1):
        step |= {"prefers": [], "gives_up": number == 3, "stretch": "none"}
    read = read_plan(json.dumps(data))
    assert [step.number for step in read.steps if step.stretch is Stretch.UNDO] == [2]
    assert len(read.steps) == len(data["steps"])
