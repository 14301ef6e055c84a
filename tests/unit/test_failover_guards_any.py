"""The guards of every procedure, what may be accepted, and what becomes of the findings."""

from dataclasses import replace

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.findings import RULES, Acceptance, Acceptances, Finding, Guard, Level
from boks_exporter.failover.journal_facts import DeclaredLost, JournalView, Maintenance, RunSummary
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import basis_of, make_plan
from boks_exporter.failover.preflight import NotAcceptableError, blocking_findings, candidates, exit_for
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import Endpoint, Environment, Observed, Role
from boks_exporter.replication import CopyEvidence
from tests.unit.failover_facts import dead_master, finding_names, found, host, ready, sound_domain


def test_another_run_is_in_the_way() -> None:
    """In the journal, on a host, or still at work there: exit 12."""
    run = RunSummary("20261124-1", Procedure.REBUILD, "R2", Outcome.OPEN, 1.0, None, "bert on ops8")
    facts = dead_master(
        journal=JournalView((run,)),
        gates={"R2": ready("R2", Role.REPLICA, lock="20261124-1 bert-ops8 2026-11-24T20:00:00", busy="20261124-1.3")},
    )
    findings = found(Procedure.PROMOTE, "R1", facts)
    assert [each.guard for each in findings[:3]] == [Guard.RUN_OPEN, Guard.HOST_LOCKED, Guard.HOST_BUSY]
    assert exit_for(blocking_findings(findings, Acceptances())) is Exit.LOCKED


def test_a_run_that_holds_several_hosts_is_reported_once() -> None:
    """Five hosts with one lock each are one thing to read and one to do."""
    lock = "20261124-1 bert-ops8 2026-11-24T20:00:0"
    gates = {name: ready(name, Role.REPLICA, lock=f"{lock}{second}") for second, name in enumerate(("R1", "R2"))}
    locked = [each for each in found(Procedure.PROMOTE, "R1", dead_master(gates=gates)) if each.guard == "host_locked"]
    assert [(each.host, each.sentence.partition(":")[0]) for each in locked] == [
        (None, f"R1, R2 are locked by {lock.partition(':')[0]}")
    ]
    commands = ("resume 20261124-1", "abort 20261124-1", "break-lock 20261124-1 R1", "break-lock 20261124-1 R2")
    assert [each for each in commands if f"failover {each}" not in locked[0].sentence] == []


def test_masters_do_not_change_twice_in_a_short_time_nor_after_a_failure() -> None:
    """Cool-down and latch say their figures, and may be accepted."""
    last = RunSummary("20261124-1", Procedure.PROMOTE, "R2", Outcome.FAILED, -500.0, -97.5, "anna on ops7")
    findings = found(Procedure.PROMOTE, "R1", dead_master(journal=JournalView((), last)))
    assert [(each.guard, each.sentence, each.acceptable) for each in findings[:2]] == [
        (
            Guard.LAST_RUN_FAILED,
            "the run 20261124-1 (promote R2) ended as failed: failover show 20261124-1",
            True,
        ),
        (
            Guard.COOL_DOWN,
            "the run 20261124-1 ended 1 min 40 s ago; another begins 15 min 0 s after it at the earliest",
            True,
        ),
    ]
    done = JournalView((), replace(last, outcome=Outcome.DONE))
    guards = [
        {each.guard for each in found(procedure, "R1", sound_domain(journal=done))}
        for procedure in (Procedure.REBUILD, Procedure.SWITCHOVER)
    ]
    assert [Guard.COOL_DOWN in each for each in guards] == [False, True]


@pytest.mark.parametrize(
    ("procedure", "target", "expected"),
    [
        (Procedure.PROMOTE, "C", "refuse wrong_role: C reports that it is a client, promote begins with a replica"),
        (Procedure.PROMOTE, "X", "refuse unknown_host: X is no host of bank; there are M, R1, R2, C"),
    ],
)
def test_the_wrong_host_is_refused(procedure: Procedure, target: str, expected: str) -> None:
    """A typing error, or a host of another role, changes nothing."""
    assert expected in finding_names(procedure, target, dead_master())


def test_old_facts_are_no_facts() -> None:
    """A host that was polled long ago is refused with its age."""
    facts = dead_master()
    assert "refuse stale_look: R1 was polled 4 min 58 s ago, at most 2 min 0 s are allowed" in finding_names(
        Procedure.PROMOTE, "R1", replace(facts, seen_at=300.0)
    )


@pytest.mark.parametrize("hostname", ["R2", "r2.example.net"])
def test_a_name_that_leads_to_another_hosts_machine_is_refused(hostname: str) -> None:
    """An address that was mistyped, or given to another machine: R1's changes would be R2's."""
    facts = dead_master()
    gates = {**facts.gates, "R1": ready("R1", Role.REPLICA, hostname=hostname)}
    assert finding_names(Procedure.PROMOTE, "R1", replace(facts, gates=gates))[0] == (
        f"refuse other_host: R1 (192.0.2.2) leads to a machine that calls itself {hostname}, which is R2: fix the "
        "address in the configuration"
    )
    for own in ("r1.example.net", "R1", "", "somebody"):
        gates = {**facts.gates, "R1": ready("R1", Role.REPLICA, hostname=own)}
        assert "refuse other_host" not in " ".join(finding_names(Procedure.PROMOTE, "R1", replace(facts, gates=gates)))


def accepting(host: str) -> Acceptances:
    return Acceptances((Acceptance(Guard.OLD_MASTER_UNPROVEN, "its power is off", host),))


def test_some_findings_can_be_accepted_and_some_cannot() -> None:
    """What would make two masters or lose data everywhere is closed to acceptance."""
    assert {guard for guard in Guard if not RULES[guard].acceptable} == {
        Guard.UNKNOWN_HOST,
        Guard.OTHER_HOST,
        Guard.RUN_OPEN,
        Guard.HOST_LOCKED,
        Guard.HOST_BUSY,
        Guard.GATE_NOT_READY,
        Guard.ODD_FILES,
        Guard.PARTIAL_DATABASE,
        Guard.STALE_LOOK,
        Guard.SEVERAL_MASTERS,
        Guard.MASTER_EXISTS,
        Guard.NO_MASTER,
        Guard.MASTER_UNSOUND,
        Guard.OLD_MASTER_REACHABLE,
        Guard.WRONG_ROLE,
        Guard.UNREACHABLE,
        Guard.INCOMPLETE_COPY,
    }
    findings = found(Procedure.PROMOTE, "R1", dead_master(witnesses=()))
    assert [each.guard for each in blocking_findings(findings, accepting("R2"))] == [Guard.OLD_MASTER_UNPROVEN]
    assert blocking_findings(findings, accepting("M")) == ()
    with pytest.raises(NotAcceptableError, match="it cannot be accepted: two masters would exist"):
        blocking_findings(findings, Acceptances((Acceptance(Guard.MASTER_EXISTS, "so"),)))


def test_every_guard_has_a_rule() -> None:
    """The closed set and its table are the same, and each states why it can be accepted, or why not."""
    assert set(RULES) == set(Guard)
    assert all(rule.meaning and rule.reason and rule.because for rule in RULES.values())


def test_what_refuses_outweighs_what_is_not_known() -> None:
    """10 before 11, and 12 before both."""
    refuse, unknown = (Finding(Guard.SHM_SIZE, level, "so") for level in (Level.REFUSE, Level.UNKNOWN))
    locked = Finding(Guard.HOST_LOCKED, Level.REFUSE, "so")
    assert [exit_for(each) for each in ((), (unknown,), (unknown, refuse), (unknown, refuse, locked))] == [
        Exit.DONE,
        Exit.FACTS_UNKNOWN,
        Exit.REFUSED,
        Exit.LOCKED,
    ]


def test_a_run_that_ended_in_the_future_is_a_finding() -> None:
    """The clock was set back: what is counted from that time is wrong, and no negative age is shown."""
    last = RunSummary("r1", Procedure.SWITCHOVER, "R1", Outcome.DONE, 0.0, 1e9, "anna")
    findings = found(Procedure.SWITCHOVER, "R1", sound_domain(journal=JournalView(last=last)))
    assert [(each.guard, each.level) for each in findings if each.matters] == [(Guard.CLOCK_SET_BACK, Level.UNKNOWN)]


def test_a_host_under_maintenance_is_a_finding_with_owner_and_reason() -> None:
    """The window of the run itself is none, nor one that has expired."""
    now = sound_domain().seen_at
    window = Maintenance(domain="bank", host="R1", started_at=now - 5.0, until=0.0, owner="bob", reason="new disks")
    windows = [replace(window, until=until) for until in (now + 60.0, now - 1.0)]
    active, expired = (
        [
            each
            for each in found(Procedure.SWITCHOVER, "R1", sound_domain(journal=JournalView(windows=(window,))))
            if each.matters
        ]
        for window in windows
    )
    assert [(each.guard, each.host) for each in active] == [(Guard.UNDER_MAINTENANCE, "R1")]
    assert "bob" in active[0].sentence
    assert "new disks" in active[0].sentence
    assert expired == []


def test_candidates_are_ranked_by_their_data_before_their_settings() -> None:
    """SHM_SIZE differs on the best copy from several others: it stays before a copy that is behind."""
    odd = host("R1", Role.REPLICA, environment=Environment("server", 1))
    lost = JournalView(lost={"M": DeclaredLost("M", "anna", "burnt", 1.0)})
    facts = dead_master(odd, host("R2", Role.REPLICA, {7: 44, 9: 50}), journal=lost)
    assert [each.host for each in candidates(facts, FailoverLimits())] == ["R1", "R2"]


def test_a_copy_that_was_ahead_is_never_the_best_candidate() -> None:
    """What was proven of it outweighs that it is 0 behind."""
    lost = JournalView(lost={"M": DeclaredLost("M", "anna", "burnt", 1.0)})
    facts = dead_master(
        host("R2", Role.REPLICA, {7: 99, 9: 50}), journal=lost, evidence={"R1": CopyEvidence(diverged_since=1.0)}
    )
    assert [each.host for each in candidates(facts, FailoverLimits())] == ["R2", "R1"]


def test_one_machine_under_two_names_is_refused() -> None:
    """What is done to one would be done to the other; a single name that differs is only noted."""
    facts = sound_domain()
    same = {name: ready(name, Role.REPLICA, hostname="db7") for name in ("R1", "R2")}
    findings = found(Procedure.REBUILD, "R1", replace(facts, gates={**facts.gates, **same}))
    assert [(each.guard, each.level, each.value) for each in findings][:1] == [(Guard.OTHER_HOST, Level.REFUSE, "db7")]
    one = {"R1": ready("R1", Role.REPLICA, hostname="db7")}
    findings = found(Procedure.REBUILD, "R1", replace(facts, gates={**facts.gates, **one}))
    assert [(each.guard, each.level) for each in findings] == [(Guard.OTHER_HOST, Level.NOTE)]


def test_two_names_whose_connections_end_at_one_machine_are_refused() -> None:
    """The operator's gate need not answer for that: a master with two names would count as one here."""
    end = Endpoint("192.0.2.1", 22, "ssh-ed25519 SHA256:one")
    facts = sound_domain()
    outcomes = tuple(
        replace(seen, endpoint=end) if isinstance(seen, Observed) and seen.host in {"R1", "R2"} else seen
        for seen in facts.snapshot.outcomes
    )
    one = replace(facts, snapshot=replace(facts.snapshot, outcomes=outcomes), gates={})
    findings = [each for each in found(Procedure.REBUILD, "R1", one) if each.guard is Guard.OTHER_HOST]
    assert [(each.level, each.host, each.value) for each in findings] == [(Level.REFUSE, "R1", "R2")]
    other = replace(end, host_key="ssh-ed25519 SHA256:two")
    changed = tuple(
        replace(seen, endpoint=other) if isinstance(seen, Observed) and seen.host == "R2" else seen for seen in outcomes
    )
    two = replace(one, snapshot=replace(one.snapshot, outcomes=changed))
    assert [each for each in found(Procedure.REBUILD, "R1", two) if each.guard is Guard.OTHER_HOST] == []


def test_a_replica_of_the_master_that_no_configuration_names_is_a_finding() -> None:
    """It can be ahead, locked by another operator, or become master unseen."""
    facts = sound_domain(registered=("R1", "R2", "db9"))
    findings = [each for each in found(Procedure.REBUILD, "R1", facts) if each.matters]
    assert [(each.guard, each.level, each.host) for each in findings] == [
        (Guard.UNCONFIGURED_SERVER, Level.UNKNOWN, "db9")
    ]


def test_an_address_that_was_edited_after_the_plan_changes_the_fingerprint() -> None:
    """So do the port and the name that the machine gives itself."""

    def basis(facts: FailoverFacts) -> dict[str, str]:
        plan = make_plan(Procedure.REBUILD, "R1", facts)
        return dict(basis_of(plan, facts, ()))

    facts = sound_domain()
    moved = replace(
        facts.snapshot, hosts=tuple(replace(each, address="192.0.2.99", port=2222) for each in facts.snapshot.hosts)
    )
    before, after = basis(facts), basis(replace(facts, snapshot=moved))
    assert {key for key in before if before[key] != after[key]} == {
        f"{name} address" for name in ("M", "R1", "R2", "C")
    }
