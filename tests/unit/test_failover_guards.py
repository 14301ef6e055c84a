"""Every guard: what it finds, with its figures, and what it passes; all of them are asked each time."""

from dataclasses import replace

import pytest

from boks_exporter.failover.facts import GateFacts, JournalView, Reading, RunSummary, Witness
from boks_exporter.failover.findings import RULES, Finding, Guard, Level
from boks_exporter.failover.preflight import NotAcceptableError, candidates, exit_for, standing
from boks_exporter.failover.words import Exit, Limits, Outcome, Procedure
from boks_exporter.model import Checksums, Environment, ErrorLog, Host, Promotion, Role
from boks_exporter.parsing.operator_facts import Daemons, Reach
from tests.unit.domain_rounds import NUMBERS, STAMP, silent
from tests.unit.failover_facts import dead_master, facts_of, found, host, ready, sound_domain, told

GONE = "note old_master_unproven: M does not answer, and none of 2 replicas reaches its master's port"
BEST = "note behind_best: R1 is 0 updates behind the most advanced server that answers"
LAST = "note behind_last_master: R1 is 0 updates behind what M had 30.0 s ago"


def test_nothing_stands_against_a_sound_candidate() -> None:
    """What is told of it are notes: the witnesses, and how advanced it is."""
    assert told(Procedure.PROMOTE, "R1", dead_master()) == [GONE, BEST, LAST]


@pytest.mark.parametrize("procedure", [Procedure.SWITCHOVER, Procedure.FAILBACK])
def test_nothing_stands_against_a_planned_change(procedure: Procedure) -> None:
    """That the master is not registered as a replica is told early; a step waits for it."""
    assert told(procedure, "R1", sound_domain()) == [
        (
            "note not_registered: M is not registered as BOKSREPLICA; change its type from UNIXBOKSHOST in the "
            "master's database"
        )
    ]


def test_two_masters_can_never_come_of_a_promotion() -> None:
    """Somebody who says master is in the way, whatever else is so, and nobody may accept it."""
    findings = found(Procedure.PROMOTE, "R1", sound_domain())
    assert [(each.guard, each.level, each.acceptable, each.value, each.limit) for each in findings][:1] == [
        (Guard.MASTER_EXISTS, Level.REFUSE, False, "1", "0")
    ]


@pytest.mark.parametrize(
    ("witnesses", "expected"),
    [
        (
            (Witness("R1", Reach.TIMEOUT), Witness("R2", Reach.REACHABLE)),
            "refuse old_master_reachable: R2 reaches the master's port of M: it may live",
        ),
        (
            (Witness("R1", Reach.TIMEOUT), Witness("R2", Reach.UNKNOWN)),
            "unknown old_master_unproven: M does not answer, and R2 cannot tell whether it reaches it",
        ),
        ((), "unknown old_master_unproven: M does not answer, and no replica could be asked whether it reaches it"),
    ],
)
def test_an_old_master_is_gone_only_by_the_word_of_every_replica(witnesses: tuple[Witness, ...], expected: str) -> None:
    """One that reaches it refuses for good; one that cannot tell leaves it open."""
    assert told(Procedure.PROMOTE, "R1", dead_master(witnesses=witnesses))[0] == expected


def test_who_could_not_be_asked_may_be_master() -> None:
    """A host that does not answer is a finding of its own, with the reason."""
    assert told(Procedure.PROMOTE, "R1", dead_master(silent("C")))[0] == (
        "unknown hosts_not_asked: C could not be asked whether it is master: no answer within 20 s"
    )


def test_a_domain_without_a_known_master_is_not_promoted_unseen() -> None:
    """Nobody can be proven gone of whom nobody knows, and nobody knows what it had."""
    facts = dead_master(last_master=None, witnesses=(), readings={})
    said = told(Procedure.PROMOTE, "R1", facts)
    assert said[0].startswith("unknown hosts_not_asked: M could not be asked")
    assert said[1] == (
        "unknown old_master_unproven: no host is known to have been master, so nobody can be proven gone"
    )
    assert said[-1] == "unknown behind_last_master: what the last master had is not known: nobody has seen its numbers"


def test_a_candidate_behind_another_is_refused_with_its_figures() -> None:
    """Value, limit and source stand there as they are."""
    facts = dead_master(host("R2", Role.REPLICA, {7: 103, 9: 50}))
    finding = next(each for each in found(Procedure.PROMOTE, "R1", facts) if each.guard is Guard.BEHIND_BEST)
    assert finding == Finding(
        Guard.BEHIND_BEST,
        Level.REFUSE,
        "R1 is 3 updates behind the most advanced server that answers",
        "R1",
        "3",
        "0",
        "sequence",
    )
    passed = found(Procedure.PROMOTE, "R1", facts, Limits(max_behind_updates=3))
    assert [each.level for each in passed if each.guard is Guard.BEHIND_BEST] == [Level.NOTE]


def test_a_candidate_behind_the_dead_master_is_refused_with_the_age_of_what_is_known() -> None:
    """The last reading of the master counts, and so does a table of another generation."""
    reading = Reading("M", {7: (104, STAMP), 9: (50, STAMP - 86400.0)}, 0.0, "kept by the exporter's state file")
    facts = dead_master(readings={"M": reading})
    finding = next(each for each in found(Procedure.PROMOTE, "R1", facts) if each.guard is Guard.BEHIND_LAST_MASTER)
    assert (finding.level, finding.value, finding.source, finding.age_seconds) == (
        Level.REFUSE,
        "50",
        "kept by the exporter's state file",
        2.5,
    )


def test_an_incomplete_copy_is_never_promoted() -> None:
    """A table that another server shows would be lost everywhere; nobody may accept that."""
    facts = dead_master(host("R1", Role.REPLICA, {7: 100}))
    finding = next(each for each in found(Procedure.PROMOTE, "R1", facts) if each.guard is Guard.INCOMPLETE_COPY)
    assert (finding.sentence, finding.acceptable) == ("R1 lacks T9, which another server has", False)


def test_a_copy_that_went_its_own_way_is_refused() -> None:
    """With the master dead it looks like the most advanced one."""
    assert "refuse unsound_copy: R1 was ahead or diverged when it was last compared with a master" in told(
        Procedure.PROMOTE, "R1", dead_master(apart=frozenset({"R1"}))
    )


def test_the_error_log_is_looked_at() -> None:
    """A known bad fragment refuses, and an unread log is not known."""
    log = ErrorLog(2, ("all quiet", "servc: Checksum mismatch from 192.0.2.1"))
    assert (
        "refuse error_log: the error log of R1 has: servc: Checksum mismatch from 192.0.2.1 (a wrong node key)"
        in told(Procedure.PROMOTE, "R1", dead_master(host("R1", Role.REPLICA, errlog=log)))
    )
    assert "unknown error_log: the error log of R1 could not be read" in told(
        Procedure.PROMOTE, "R1", dead_master(host("R1", Role.REPLICA, errlog=None))
    )


def test_what_must_be_the_same_everywhere_is_compared() -> None:
    """SHM_SIZE, method.conf, and the list of admitted masters."""
    other = host(
        "R2",
        Role.REPLICA,
        environment=Environment("server", 8000, "192.0.2.9"),
        checksums=Checksums((("method.conf", "9 9"),)),
    )
    assert told(Procedure.PROMOTE, "R1", dead_master(other)) == [
        GONE,
        BEST,
        LAST,
        "refuse bridge: BRIDGE_ACCEPT_MASTER_IPS on R2 is '192.0.2.9', which does not admit 192.0.2.2",
        "refuse shm_size: SHM_SIZE is 16000 on R1 and 8000 on R2",
        "refuse method_conf: method.conf of R2 is not that of R1",
    ]
    broadcast = host("R2", Role.REPLICA, environment=Environment("server", 16000, "BCASTADDR"))
    assert told(Procedure.PROMOTE, "R1", dead_master(broadcast))[3:] == [
        "unknown bridge: BRIDGE_ACCEPT_MASTER_IPS on R2 is 'BCASTADDR': whether that admits 192.0.2.2 is not known"
    ]


def test_the_operators_wishes_count() -> None:
    """Never means refused; a preferred host that is as good is told; so is a site that loses its last replica."""
    hosts = (
        Host("M", "192.0.2.1"),
        Host("R1", "192.0.2.2", site="Delft", promotion=Promotion.NEVER),
        Host("R2", "192.0.2.3", promotion=Promotion.PREFER),
        Host("C", "192.0.2.4"),
    )
    assert told(Procedure.PROMOTE, "R1", dead_master(hosts=hosts))[3:] == [
        "refuse promotion_never: the configuration says of R1: promotion: never",
        "note promotion_preference: R2 is preferred and as advanced as any",
        "note site: no other sound replica is left in Delft: logins there depend on the network",
    ]


def test_a_gate_that_would_fail_in_the_middle_is_found_at_the_beginning() -> None:
    """Each thing that a change needs is asked for over the very way that it takes."""
    broken = ready("R1", Role.REPLICA, permitted=False, state_writable=None)
    assert told(Procedure.PROMOTE, "R1", dead_master(gates={"R1": broken}))[3:] == [
        "refuse gate_not_ready: the operator's gate of R1 may not become root (permitted)",
        (
            "refuse gate_not_ready: the operator's gate of R1 cannot write its directory of records (state), as far as "
            "it says"
        ),
    ]
    mute = GateFacts("R2", None, "auth: the login was refused")
    assert told(Procedure.PROMOTE, "R1", dead_master(gates={"R2": mute}))[3:] == [
        "unknown lock_incomplete: R2 cannot be locked: auth: the login was refused"
    ]


def test_another_run_is_in_the_way() -> None:
    """In the journal, on a host, or still at work there: exit 12."""
    run = RunSummary("20261124-1", Procedure.REBUILD, "R2", Outcome.OPEN, 1.0, None, "bert on ops8")
    facts = dead_master(
        journal=JournalView((run,)),
        gates={"R2": ready("R2", Role.REPLICA, lock="20261124-1 bert-ops8 2026-11-24T20:00:00", busy="20261124-1.3")},
    )
    findings = found(Procedure.PROMOTE, "R1", facts)
    assert [each.guard for each in findings[:3]] == [Guard.RUN_OPEN, Guard.HOST_LOCKED, Guard.HOST_BUSY]
    assert exit_for(standing(findings, ())) is Exit.LOCKED


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
        (Guard.COOL_DOWN, "the run 20261124-1 ended 100 s ago; another begins 900 s after it at the earliest", True),
    ]
    assert all(
        each.guard is not Guard.COOL_DOWN
        for each in found(
            Procedure.REBUILD, "R1", sound_domain(journal=JournalView((), replace(last, outcome=Outcome.DONE)))
        )
    )


@pytest.mark.parametrize(
    ("procedure", "target", "expected"),
    [
        (Procedure.PROMOTE, "C", "refuse wrong_role: C says that it is a client, promote begins with a replica"),
        (Procedure.PROMOTE, "X", "refuse unknown_host: X is no host of bank; there are M, R1, R2, C"),
    ],
)
def test_the_wrong_host_is_refused(procedure: Procedure, target: str, expected: str) -> None:
    """A typing error, or a host of another role, changes nothing."""
    assert expected in told(procedure, target, dead_master())


def test_a_switchover_needs_one_sound_master_and_a_sound_replica() -> None:
    """None, several, or one whose list is not readable; and a replica of which not everything is known."""
    assert "refuse no_master: no host says that it is master: failover promote" in told(
        Procedure.SWITCHOVER, "R1", dead_master()
    )
    both = sound_domain(host("R2", Role.MASTER))
    assert (
        "refuse several_masters: M, R2 all say that they are master: failover retire the wrong one, at its console or "
        "over SSH"
    ) in told(Procedure.SWITCHOVER, "R1", both)
    behind = sound_domain(host("R1", Role.REPLICA, {7: 103, 9: 50}))
    assert "refuse unsound_copy: R1 is ahead: ahead of the master by 3 updates in T7 (host group to host)" in told(
        Procedure.SWITCHOVER, "R1", behind
    )


def test_a_stopped_candidate_is_refused() -> None:
    """A replica whose daemons stand still is told; unknown is not running."""
    stopped = dead_master(gates={"R1": ready("R1", Role.REPLICA, daemons=Daemons.STOPPED)})
    assert "refuse daemons_stopped: BoKS is stopped on R1" in told(Procedure.PROMOTE, "R1", stopped)
    unsure = dead_master(gates={"R1": ready("R1", Role.REPLICA, daemons=Daemons.UNKNOWN)})
    assert "unknown daemons_stopped: BoKS is unknown on R1" in told(Procedure.PROMOTE, "R1", unsure)


def test_a_rebuild_tells_what_only_the_replica_has() -> None:
    """Its updates are moved aside with its database; that is somebody's word, or nobody's."""
    facts = sound_domain(host("R1", Role.REPLICA, {7: 103, 9: 50}))
    assert told(Procedure.REBUILD, "R1", facts) == [
        (
            "refuse updates_only_here: R1 has 3 updates in T7 that M does not have (1 tables in all); they are moved "
            "aside with its database"
        )
    ]
    alone = sound_domain(host("R1", Role.REPLICA, {7: 103, 9: 50}), silent("R2"))
    assert [each.guard for each in found(Procedure.REBUILD, "R1", alone)] == [
        Guard.UPDATES_ONLY_HERE,
        Guard.LAST_COPY,
    ]


def test_a_client_with_an_old_database_does_not_become_a_replica_unseen() -> None:
    """Stale files are the known cause of a replica that is ahead (K1262)."""
    assert told(Procedure.ADD_REPLICA, "C", sound_domain(registered=("R1", "R2", "C"))) == []
    stale = sound_domain(registered=("R1", "R2"), gates={"C": ready("C", Role.CLIENT, database_present=True)})
    assert told(Procedure.ADD_REPLICA, "C", stale) == [
        "refuse stale_database: C is a client with a database of its own; it will be moved aside, unseen",
        (
            "refuse not_registered: C is not registered as BOKSREPLICA; change its type from UNIXBOKSHOST in the "
            "master's database"
        ),
    ]
    unsure = sound_domain(registered=None)
    assert told(Procedure.ADD_REPLICA, "C", unsure) == [
        "unknown not_registered: it is not known whether C is registered as BOKSREPLICA: the master did not tell"
    ]


def test_an_old_master_is_retired_only_beside_a_living_one() -> None:
    """Its database may be the only one that is up to date."""
    old = host("M", Role.MASTER, at=0.0)
    alone = dead_master(old)
    assert told(Procedure.RETIRE, "M", alone)[0].startswith("refuse no_master: no other host than M is master")
    beside = sound_domain(host("R1", Role.MASTER, {7: 105, 9: 60}))
    stopped = replace(beside, gates={**beside.gates, "M": ready("M", Role.MASTER, daemons=Daemons.STOPPED)})
    assert told(Procedure.RETIRE, "M", stopped) == []
    assert [each.guard for each in found(Procedure.RETIRE, "M", beside)] == [Guard.DAEMONS_RUNNING]
    more = sound_domain(host("R1", Role.MASTER, {7: 99, 9: 60}))
    assert [each.guard for each in found(Procedure.RETIRE, "M", more)] == [
        Guard.DAEMONS_RUNNING,
        Guard.UPDATES_ONLY_HERE,
    ]


def test_old_facts_are_no_facts() -> None:
    """A host that was looked at long ago is refused with its age."""
    facts = dead_master()
    assert "refuse stale_look: R1 was looked at 298.8 s ago, at most 120.0 s are allowed" in told(
        Procedure.PROMOTE, "R1", replace(facts, seen_at=300.0)
    )


def test_candidates_are_ranked_by_what_speaks_against_them() -> None:
    """The free one first, then by distance, then by preference."""
    facts = dead_master(host("R2", Role.REPLICA, {7: 99, 9: 50}))
    assert [(each.host, each.is_free, each.behind_best) for each in candidates(facts, Limits())] == [
        ("R1", True, 0),
        ("R2", False, 1),
    ]


def test_some_findings_can_be_accepted_and_some_by_nobody() -> None:
    """What would make two masters or lose data everywhere is closed to acceptance."""
    assert {guard for guard in Guard if not RULES[guard].acceptable} == {
        Guard.UNKNOWN_HOST,
        Guard.RUN_OPEN,
        Guard.HOST_LOCKED,
        Guard.HOST_BUSY,
        Guard.GATE_NOT_READY,
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
    assert standing(findings, (Guard.OLD_MASTER_UNPROVEN,)) == ()
    with pytest.raises(NotAcceptableError, match="nobody may accept this one: two masters would exist"):
        standing(findings, (Guard.MASTER_EXISTS,))


def test_every_guard_has_a_rule() -> None:
    """The closed set and its table are the same."""
    assert set(RULES) == set(Guard)


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


def test_facts_by_hand_are_those_of_a_round() -> None:
    """What the other tests rest on: the comparison is the real one."""
    assert facts_of(dead_master().snapshot).comparison.replicas[0].behind_best == 0
    assert NUMBERS == {7: 100, 9: 50}
