"""The guards of a promotion: what each finds, with its figures, and what it passes."""

import pytest

from boks_exporter.failover.facts import GateFacts, Reading, Witness
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.journal_facts import DeclaredLost, JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.preflight import candidates
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs import Certainty, Circumstances, Proven
from boks_exporter.failover.proofs.domains import has_clean_error_log
from boks_exporter.model import Checksums, Environment, ErrorLog, Host, Promotion, Reach, Role
from boks_exporter.parsing.operator_facts import Daemons
from boks_exporter.replication import CopyEvidence
from tests.unit.domain_rounds import NUMBERS, STAMP, silent
from tests.unit.failover_facts import dead_master, facts_of, finding_names, found, host, ready, sound_domain

UNREACHED = (
    "unknown old_master_unproven: M was master when it was last seen, and is not reached (no answer within 20 s)"
)
BEST = "note behind_best: R1 is 0 updates behind the most advanced server that answers"
LAST = "note behind_last_master: R1 is 0 updates behind what M had 30 s ago"


UNREACHED = (
    "unknown old_master_unproven: M was master when it was last seen, and is not reached (no answer within 20 s)"
)


def test_nothing_forbids_a_healthy_candidate() -> None:
    """What is told of it are notes: the witnesses, and how advanced it is."""
    assert finding_names(Procedure.PROMOTE, "R1", dead_master()) == [UNREACHED, BEST, LAST]


def test_two_masters_can_never_come_of_a_promotion() -> None:
    """Another host that reports to be master refuses the plan, and cannot be accepted."""
    findings = found(Procedure.PROMOTE, "R1", sound_domain())
    assert [(each.guard, each.level, each.acceptable, each.value, each.limit) for each in findings][:1] == [
        (Guard.MASTER_EXISTS, Level.REFUSE, False, "1", "0")
    ]


@pytest.mark.parametrize(
    ("witnesses", "expected"),
    [
        (
            (Witness("R1", Reach.TIMEOUT, about="M"), Witness("R2", Reach.REACHABLE, about="M")),
            "refuse old_master_reachable: R2 reaches the master's port of M: it may be running",
        ),
        (
            (Witness("R1", Reach.TIMEOUT, about="M"), Witness("R2", Reach.REFUSED, about="M")),
            f"{UNREACHED}; its machine is up",
        ),
        (
            (),
            UNREACHED,
        ),
    ],
)
def test_replicas_can_forbid_a_promotion_and_never_allow_it(witnesses: tuple[Witness, ...], expected: str) -> None:
    """One that reaches the old master refuses; that none does proves nothing."""
    assert finding_names(Procedure.PROMOTE, "R1", dead_master(witnesses=witnesses))[0] == expected


def test_who_could_not_be_asked_may_be_master() -> None:
    """A host that does not answer is a finding of its own, with the reason."""
    assert finding_names(Procedure.PROMOTE, "R1", dead_master(silent("C")))[0] == (
        "unknown hosts_not_asked: C could not be asked whether it is master: no answer within 20 s"
    )


def test_a_domain_without_a_known_master_is_not_promoted_unseen() -> None:
    """An unknown master cannot be proven stopped, and its data is unknown."""
    facts = dead_master(last_master=None, witnesses=(), readings={})
    said = finding_names(Procedure.PROMOTE, "R1", facts)
    assert said[0].startswith("unknown hosts_not_asked: M could not be asked")
    assert said[1] == ("unknown old_master_unproven: no host is known to have been master, so none can be proven out")
    assert said[-1] == "unknown behind_last_master: the numbers of the last master are unknown: they were never read"


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
    passed = found(Procedure.PROMOTE, "R1", facts, FailoverLimits(max_behind_updates=3))
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
    """A table that another server shows would be lost everywhere; that cannot be accepted."""
    facts = dead_master(host("R1", Role.REPLICA, {7: 100}))
    finding = next(each for each in found(Procedure.PROMOTE, "R1", facts) if each.guard is Guard.INCOMPLETE_COPY)
    assert (finding.sentence, finding.acceptable) == ("R1 lacks T9, which another server has", False)


def test_a_copy_that_went_its_own_way_is_refused() -> None:
    """With the master dead it looks like the most advanced one."""
    assert "refuse unsound_copy: R1 was ahead or diverged when it was last compared with a master" in finding_names(
        Procedure.PROMOTE, "R1", dead_master(evidence={"R1": CopyEvidence(diverged_since=1.0)})
    )


def test_the_error_log_is_looked_at() -> None:
    """A known bad fragment refuses, and an unread log is not known."""
    log = ErrorLog(2, ("all quiet", "servc: Checksum mismatch from 192.0.2.1"))
    assert (
        "refuse error_log: the error log of R1 has: servc: Checksum mismatch from 192.0.2.1 (a wrong node key)"
        in finding_names(Procedure.PROMOTE, "R1", dead_master(host("R1", Role.REPLICA, errlog=log)))
    )
    assert "unknown error_log: the error log of R1 could not be read" in finding_names(
        Procedure.PROMOTE, "R1", dead_master(host("R1", Role.REPLICA, errlog=None))
    )


@pytest.mark.parametrize(
    ("log", "truth", "said"),
    [
        (ErrorLog(0, ()), Certainty.YES, "the error log of R1 is empty"),
        (
            ErrorLog(1, ("all quiet",)),
            Certainty.YES,
            "no known trouble in the last 1 of 1 lines of the error log of R1",
        ),
        (ErrorLog(7, ()), Certainty.UNKNOWN, "the error log of R1 has 7 lines, of which none could be read"),
        (None, Certainty.UNKNOWN, "the error log of R1 could not be read"),
    ],
)
def test_what_was_seen_of_an_error_log_is_reported_as_it_is(log: ErrorLog | None, truth: Certainty, said: str) -> None:
    """An empty log is not an unread one, and the number of lines is the number that was read."""
    facts = dead_master(host("R1", Role.REPLICA, errlog=log))
    assert has_clean_error_log(facts, "R1", Circumstances()) == Proven(truth, said)
    unread = [line for line in finding_names(Procedure.PROMOTE, "R1", facts) if "error_log" in line]
    assert unread == ([f"unknown error_log: {said}"] if truth is Certainty.UNKNOWN else [])


def test_what_must_be_the_same_everywhere_is_compared() -> None:
    """SHM_SIZE, method.conf, and the list of admitted masters."""
    other = host(
        "R2",
        Role.REPLICA,
        environment=Environment("server", 8000, "192.0.2.9"),
        checksums=Checksums((("method.conf", "9 9"),)),
    )
    assert finding_names(Procedure.PROMOTE, "R1", dead_master(other)) == [
        UNREACHED,
        BEST,
        LAST,
        "refuse bridge: BRIDGE_ACCEPT_MASTER_IPS on R2 is '192.0.2.9', which does not admit 192.0.2.2",
        "refuse shm_size: SHM_SIZE is 16000 on R1 and 8000 on R2",
        "refuse method_conf: method.conf of R2 is not that of R1",
    ]
    broadcast = host("R2", Role.REPLICA, environment=Environment("server", 16000, "BCASTADDR"))
    assert finding_names(Procedure.PROMOTE, "R1", dead_master(broadcast))[3:] == [
        "unknown bridge: BRIDGE_ACCEPT_MASTER_IPS on R2 is 'BCASTADDR': whether that admits 192.0.2.2 is unknown"
    ]


def test_the_operators_wishes_count() -> None:
    """Never means refused; a preferred host that is as good is told; so is a site that loses its last replica."""
    hosts = (
        Host("M", "192.0.2.1"),
        Host("R1", "192.0.2.2", site="Delft", promotion=Promotion.NEVER),
        Host("R2", "192.0.2.3", promotion=Promotion.PREFER),
        Host("C", "192.0.2.4"),
    )
    assert finding_names(Procedure.PROMOTE, "R1", dead_master(hosts=hosts))[3:] == [
        "refuse promotion_never: the configuration has for R1: promotion: never",
        "note promotion_preference: R2 is preferred and as advanced as any",
        "note site: no other healthy replica remains in Delft: logins there depend on the network",
    ]


def test_a_gate_that_would_fail_in_the_middle_is_found_at_the_beginning() -> None:
    """Each thing that a change needs is asked for over the very way that it takes."""
    broken = ready("R1", Role.REPLICA, permitted=False, state_writable=None, outlives_session=False)
    assert finding_names(Procedure.PROMOTE, "R1", dead_master(gates={"R1": broken}))[3:] == [
        "refuse gate_not_ready: the operator's gate of R1 may not become root (permitted)",
        (
            "refuse gate_not_ready: the operator's gate of R1 cannot write its directory of records (state), as far as "
            "it reports"
        ),
        (
            "refuse gate_not_ready: the operator's gate of R1 would lose BoKS's daemons with its connection (session): "
            "KillUserProcesses is set"
        ),
    ]
    mute = GateFacts("R2", None, "auth: the login was refused")
    assert finding_names(Procedure.PROMOTE, "R1", dead_master(gates={"R2": mute}))[3:] == [
        "unknown lock_incomplete: R2 cannot be locked: auth: the login was refused"
    ]


def test_a_stopped_candidate_is_refused() -> None:
    """A replica whose daemons stand still is told; unknown is not running."""
    stopped = dead_master(gates={"R1": ready("R1", Role.REPLICA, daemons=Daemons.STOPPED)})
    assert "refuse daemons_stopped: BoKS is stopped on R1" in finding_names(Procedure.PROMOTE, "R1", stopped)
    unsure = dead_master(gates={"R1": ready("R1", Role.REPLICA, daemons=Daemons.UNKNOWN)})
    assert (
        "unknown daemons_stopped: it is unknown whether BoKS runs on R1: its gate does not report it"
        in finding_names(Procedure.PROMOTE, "R1", unsure)
    )


def test_candidates_are_ranked_by_what_speaks_against_them() -> None:
    """The free one first, then by distance, then by preference."""
    lost = JournalView(lost={"M": DeclaredLost("M", "anna", "burnt", 1.0)})
    facts = dead_master(host("R2", Role.REPLICA, {7: 99, 9: 50}), journal=lost)
    assert [(each.host, each.is_free, each.behind_best) for each in candidates(facts, FailoverLimits())] == [
        ("R1", True, 0),
        ("R2", False, 1),
    ]


def test_facts_by_hand_are_those_of_a_round() -> None:
    """What the other tests rest on: the comparison is the real one."""
    assert facts_of(dead_master().snapshot).comparison.replicas[0].behind_best == 0
    assert NUMBERS == {7: 100, 9: 50}
