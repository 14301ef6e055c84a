"""What a plan is made of in worlds that differ in one fact: its table, its locks, its basis."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.plan import Plan, basis_of, difference, make_plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import Environment, Role
from tests.unit.domain_rounds import silent
from tests.unit.failover_claims import HEALTHY
from tests.unit.failover_facts import dead_master, host, ready, sound_domain
from tests.unit.failover_judged import ADD, PROMOTE, REBUILD, RETIRE, SWITCHOVER

R1_MASTER, R2_MASTER = host("R1", Role.MASTER, at=0.0), host("R2", Role.MASTER, at=0.0)
NO_SHM_SIZE = host("M", Role.MASTER, at=0.0, environment=Environment("master", None))
OTHER_SHM_SIZE = host("C", Role.CLIENT, environment=Environment("client", 8000))


def gates(facts: FailoverFacts, *without: str) -> FailoverFacts:
    return replace(facts, gates={name: gate for name, gate in facts.gates.items() if name not in without})


def keys(plan: Plan) -> str:
    return " ".join(f"{step.key}@{step.host}" for step in plan.steps)


def kept(**more: Any) -> FailoverFacts:
    return sound_domain(gates={"C": ready("C", Role.CLIENT, **more)})


PROMOTION = "check-no-master@R1 check-error-log@R1 {}convert-master@R1 start-new-master@R1 compare@R1 verify@R1"
SERVER = "convert-server@C stop-replica@C start-replica@C stop-master@M start-master@M "
SERVER += "wait-listed@C wait-equal@C wait-others@M"
ADDED, LEFT_OVER = f"wait-registered@C {{}}{SERVER}", "remove-database@C "
RETIRED = "convert-client@M stop-old-master@M remove-database@M start-client@M"
FENCED, CONSOLE = PROMOTION.format("fence@M "), "console@M"

TABLES: dict[str, tuple[Procedure, str, FailoverFacts, str]] = {
    "promoted": (PROMOTE, "R1", dead_master(), PROMOTION.format("")),
    "promoted, no master is known": (PROMOTE, "R1", dead_master(last_master=None), PROMOTION.format("")),
    "promoted, it was the last master": (PROMOTE, "R1", dead_master(last_master="R1"), PROMOTION.format("")),
    "promoted, with a fence": (PROMOTE, "R1", dead_master(has_fence=True), FENCED),
    "promoted, with a fence, and the old one is a client": (
        PROMOTE,
        "R1",
        dead_master(host("M", Role.CLIENT), has_fence=True),
        PROMOTION.format(""),
    ),
    "promoted, with a fence, and no master is known": (
        PROMOTE,
        "R1",
        dead_master(last_master=None, has_fence=True),
        PROMOTION.format(""),
    ),
    "promoted next to one without SHM_SIZE": (PROMOTE, "R1", sound_domain(NO_SHM_SIZE), PROMOTION.format("")),
    "added": (ADD, "C", sound_domain(), ADDED.format("")),
    "added with a database": (ADD, "C", kept(database_present=True), ADDED.format(LEFT_OVER)),
    "added, its database is unknown": (ADD, "C", kept(database_present=None), ADDED.format(LEFT_OVER)),
    "added, its gate does not answer": (ADD, "C", gates(HEALTHY, "C"), ADDED.format(LEFT_OVER)),
    "added, its SHM_SIZE differs": (ADD, "C", sound_domain(OTHER_SHM_SIZE), ADDED.format("set-shm-size@C ")),
    "added, it does not answer": (ADD, "C", sound_domain(silent("C")), ADDED.format(LEFT_OVER + "set-shm-size@C ")),
    "retired": (RETIRE, "M", sound_domain(R1_MASTER), RETIRED),
    "retired next to one without SHM_SIZE": (
        RETIRE,
        "R1",
        sound_domain(NO_SHM_SIZE, R1_MASTER),
        RETIRED.replace("M", "R1"),
    ),
    "retired, its gate does not answer": (RETIRE, "M", gates(sound_domain(R1_MASTER), "M"), CONSOLE),
    "retired, it cannot be polled": (
        RETIRE,
        "M",
        sound_domain(R1_MASTER, silent("M"), gates={"M": ready("M", Role.MASTER)}),
        CONSOLE,
    ),
}


@pytest.mark.parametrize(("procedure", "target", "facts", "expected"), TABLES.values(), ids=TABLES)
def test_a_plan_has_the_steps_that_its_facts_ask_for(
    procedure: Procedure, target: str, facts: FailoverFacts, expected: str
) -> None:
    plan = make_plan(procedure, target, facts)
    assert (keys(plan), plan.obstacle) == (expected, "")
    assert [step.number for step in plan.steps] == list(range(1, len(plan.steps) + 1))


OBSTACLES: dict[str, tuple[Procedure, str, FailoverFacts, str]] = {
    "no host": (PROMOTE, "X", dead_master(), "X is no host"),
    "no master": (REBUILD, "R1", dead_master(), "no other host is master"),
    "two masters": (REBUILD, "R1", sound_domain(R2_MASTER), "M, R2 all report"),
    "two others": (RETIRE, "M", sound_domain(R1_MASTER, R2_MASTER), "M, R1, R2 all report"),
    "the only master": (RETIRE, "M", sound_domain(), "no other host is master"),
    "the master": (SWITCHOVER, "M", sound_domain(), "M is the master"),
    "no SHM_SIZE": (SWITCHOVER, "R1", sound_domain(NO_SHM_SIZE), "SHM_SIZE of M could not be read"),
}


@pytest.mark.parametrize(("procedure", "target", "facts", "said"), OBSTACLES.values(), ids=OBSTACLES)
def test_a_plan_with_an_obstacle_changes_and_locks_nothing(
    procedure: Procedure, target: str, facts: FailoverFacts, said: str
) -> None:
    plan = make_plan(procedure, target, facts)
    assert said in plan.obstacle
    assert (plan.steps, plan.lock_hosts, plan.afterwards, plan.concerned_hosts) == ((), (), (), ())


HOSTS: dict[str, tuple[Procedure, FailoverFacts, str, str, str, str]] = {
    "promoted": (PROMOTE, dead_master(), "R1 R2", "R1", "R1", ""),
    "promoted, with a fence": (PROMOTE, dead_master(has_fence=True), "R1 R2", "R1", "R1", "M"),
    "promoted, another cannot be locked": (PROMOTE, gates(dead_master(), "R2"), "R1", "R1", "R1", ""),
    "promoted, its gate is mute": (PROMOTE, gates(dead_master(), "R1"), "R1 R2", "R1", "R1", ""),
    "switched over": (SWITCHOVER, HEALTHY, "M R1 R2", "M R1", "M R1", ""),
    "added": (ADD, HEALTHY, "C M R1 R2", "C M", "C M", ""),
    "retired": (RETIRE, sound_domain(R1_MASTER), "M R1 R2", "M", "M", ""),
    "at the console": (RETIRE, sound_domain(R1_MASTER, silent("M")), "R1 R2", "", "M", ""),
}


@pytest.mark.parametrize(("procedure", "facts", "locked", "changed", "concerned", "fenced"), HOSTS.values(), ids=HOSTS)
def test_all_servers_are_locked_and_no_more_hosts_are_changed_than_the_steps_change(
    procedure: Procedure, facts: FailoverFacts, locked: str, changed: str, concerned: str, fenced: str
) -> None:
    plan = make_plan(procedure, {ADD: "C", RETIRE: "M"}.get(procedure, "R1"), facts)
    several = (plan.lock_hosts, plan.changed_hosts, plan.concerned_hosts, plan.fenced_hosts)
    assert tuple(" ".join(each) for each in several) == (locked, changed, concerned, fenced)


def test_a_plan_knows_who_did_not_answer_and_who_was_well() -> None:
    facts = sound_domain(silent("C"), host("R2", Role.REPLICA, {7: 103, 9: 50}))
    plan = make_plan(SWITCHOVER, "R1", facts)
    assert (plan.excused, plan.healthy, plan.master) == (("C",), ("R1",), "M")


AFTERWARDS: dict[str, tuple[Procedure, str, FailoverFacts, tuple[str, ...]]] = {
    "promoted, the old one is a client": (
        PROMOTE,
        "R1",
        dead_master(host("M", Role.CLIENT)),
        ("M: client", "R1: master (now: replica)", "R2: replica"),
    ),
    "promoted, no master is known": (
        PROMOTE,
        "R1",
        dead_master(last_master=None),
        ("M: unreachable", "R1: master (now: replica)", "R2: replica"),
    ),
    "switched over": (
        SWITCHOVER,
        "R1",
        HEALTHY,
        ("M: replica (now: master)", "R1: master (now: replica)", "R2: replica"),
    ),
}


@pytest.mark.parametrize(("procedure", "target", "facts", "lines"), AFTERWARDS.values(), ids=AFTERWARDS)
def test_a_plan_shows_the_role_of_every_host_afterwards(
    procedure: Procedure, target: str, facts: FailoverFacts, lines: tuple[str, ...]
) -> None:
    assert make_plan(procedure, target, facts).afterwards == (*lines, "C: client")


FINDINGS = (Finding(Guard.SHM_SIZE, Level.REFUSE, "so", "R2"), Finding(Guard.COOL_DOWN, Level.NOTE, "so"))


def basis(facts: FailoverFacts, procedure: Procedure = PROMOTE, target: str = "R1") -> dict[str, str]:
    return dict(basis_of(make_plan(procedure, target, facts), facts, FINDINGS))


def test_a_fingerprint_rests_on_every_fact_and_every_step() -> None:
    """Each fact of each host, each finding, and each step with its words and its proof."""
    facts = dead_master(silent("C"), registered=("R2", "R1"), gates={"R1": ready("R1", Role.REPLICA, hostname="")})
    found = basis(facts)
    assert {key: found[key] for key in found if key.startswith("R1 ")} == {
        "R1 address": "192.0.2.2 port 22",
        "R1 calls itself": "unknown",
        "R1 answers": "yes",
        "R1 role": "replica",
        "R1 state": facts.health.host("R1").state,
        "R1 SHM_SIZE": "16000",
        "R1 operator's gate": "answers",
        "R1 daemons": "running",
    }
    assert {key: found[key] for key in found if key.startswith("C ")} == {
        "C address": "192.0.2.4 port 22",
        "C calls itself": "unknown",
        "C answers": "no",
        "C role": "unknown",
        "C state": facts.health.host("C").state,
        "C SHM_SIZE": "unknown",
        "C operator's gate": "unreachable",
        "C daemons": "unknown",
    }
    of_domain = {key: value for key, value in found.items() if key.split()[0] not in {"M", "R1", "R2", "C"}}
    steps = {key: of_domain.pop(key) for key in tuple(of_domain) if key.startswith("step ")}
    assert of_domain == {
        "old master": "M",
        "fence": "none",
        "registered replicas": "R1 R2",
        "finding shm_size on R2": "refuse",
        "finding cool_down": "note",
        "procedure": "promote",
        "target": "R1",
        "master": "M",
        "locks": "R1 R2",
    }
    assert steps["step 3"].startswith(
        "convert-master on R1: boks-gate/1 op do RUN.3 convert master; proves: R1 reports"
    )
    assert steps["step 5"].startswith("compare on R1: wait; proves: ")
    assert len(steps) == 6


def test_what_is_not_known_is_in_a_basis_as_such() -> None:
    found = basis(dead_master(last_master=None, registered=None, has_fence=True))
    shown = (found["old master"], found["master"], found["registered replicas"], found["fence"])
    assert shown == ("none", "none", "unknown", "configured")


def test_a_difference_names_only_what_changed() -> None:
    before = (("a", "1"), ("b", "2"), ("c", "3"))
    assert difference(before, (("a", "1"), ("b", "4"), ("d", "5"))) == (
        "b: was 2, is 4",
        "c: was 3, is not there",
        "d: was not there, is 5",
    )
