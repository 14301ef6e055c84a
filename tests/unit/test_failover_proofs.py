"""What the proofs of who is master say when something is not so, or is not known: never yes."""

from dataclasses import replace

import pytest

from boks_exporter.failover.facts import FailoverFacts, Witness
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal_facts import DeclaredLost, JournalView
from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.proofs import Circumstances
from boks_exporter.failover.proofs.prove import JUDGES
from boks_exporter.model import Reach, Role
from boks_exporter.parsing.operator_facts import Daemons
from tests.unit.domain_rounds import silent
from tests.unit.failover_claims import DEAD, HEALTHY, NO, UNKNOWN, YES, Case, judged, mute, named, stopped
from tests.unit.failover_facts import dead_master, host, ready, sound_domain


def without_list() -> FailoverFacts:
    return replace(HEALTHY, snapshot=replace(HEALTHY.snapshot, listing=None))


UNREACHED = "M was master when it was last seen, and is not reached (no answer within 20 s)"

MASTERS = (
    Case(ClaimKind.IS_MASTER_ALONE, DEAD, UNKNOWN, "M does not answer", "M"),
    Case(ClaimKind.IS_MASTER_ALONE, HEALTHY, NO, "R1 reports that it is a replica"),
    Case(ClaimKind.IS_MASTER_ALONE, sound_domain(host("R1", Role.MASTER)), NO, "M reports that it is master, too"),
    Case(
        ClaimKind.IS_MASTER_ALONE,
        sound_domain(**stopped("M", Role.MASTER)),
        NO,
        "M is master, but BoKS is stopped on it",
        "M",
    ),
    Case(ClaimKind.IS_REPLICA, sound_domain(host("R1", Role.UNKNOWN)), UNKNOWN, "the role of R1 could not be read"),
    Case(ClaimKind.IS_STOPPED, HEALTHY, NO, "BoKS is running on R1"),
    Case(
        ClaimKind.IS_STARTED,
        sound_domain(**mute("R1")),
        UNKNOWN,
        "it is unknown whether BoKS runs on R1: auth: the login was refused",
    ),
    Case(
        ClaimKind.IS_OUT,
        sound_domain(gates={"C": ready("C", Role.CLIENT, daemons=Daemons.UNKNOWN)}),
        UNKNOWN,
        "it is unknown whether BoKS runs on C: its gate does not report it",
        "C",
    ),
    Case(ClaimKind.MASTER_IS_SOUND, DEAD, UNKNOWN, "M does not answer", "M"),
    Case(
        ClaimKind.MASTER_IS_SOUND,
        sound_domain(replace(host("M", Role.MASTER, at=0.0), sequences=None)),
        UNKNOWN,
        "the numbers of M could not be read",
        "M",
    ),
    Case(ClaimKind.MASTER_IS_SOUND, without_list(), UNKNOWN, "the list of M could not be read", "M"),
    Case(
        ClaimKind.IS_MASTER_BESIDE,
        sound_domain(host("R2", Role.MASTER)),
        NO,
        "R2 reports that it is master, too",
        "M",
        "R1",
    ),
    Case(
        ClaimKind.IS_MASTER_BESIDE,
        sound_domain(replace(host("M", Role.MASTER, at=0.0), sequences=None)),
        UNKNOWN,
        "the numbers of M could not be read",
        "M",
        "R1",
    ),
    Case(ClaimKind.NOBODY_IS_MASTER, HEALTHY, NO, "M reports that it is master"),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(silent("C")),
        UNKNOWN,
        f"C could not be asked whether it is master; {UNREACHED}",
        by=Circumstances(old_master="M"),
    ),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(silent("C")),
        YES,
        f"C could not be asked, which is accepted; {UNREACHED}, which is accepted",
        by=named((Guard.HOSTS_NOT_ASKED, "C"), (Guard.OLD_MASTER_UNPROVEN, "M"), old_master="M"),
    ),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(silent("C")),
        UNKNOWN,
        "C could not be asked whether it is master",
        by=named((Guard.HOSTS_NOT_ASKED, "R9"), (Guard.OLD_MASTER_UNPROVEN, "M"), old_master="M"),
    ),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(),
        UNKNOWN,
        UNREACHED,
        by=named((Guard.OLD_MASTER_UNPROVEN, "R9"), (Guard.OLD_MASTER_UNPROVEN, None), old_master="M"),
    ),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(),
        YES,
        "every known host was asked, and none reports that it is master; M is switched off or isolated by the fence",
        by=Circumstances(old_master="M", fenced=frozenset({"M"})),
    ),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(journal=JournalView(lost={"M": DeclaredLost("M", "anna", "burnt", 1.0)})),
        YES,
        "every known host was asked, and none reports that it is master; M was declared lost by anna: burnt",
    ),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(witnesses=(Witness("R2", Reach.REACHABLE, about="M"),)),
        NO,
        "R2 reaches the master's port of M: it may be running",
        by=named((Guard.OLD_MASTER_UNPROVEN, "M"), old_master="M", fenced=frozenset({"M"})),
    ),
    Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(witnesses=()),
        YES,
        f"every known host was asked, and none reports that it is master; {UNREACHED}, which is accepted",
        by=named((Guard.OLD_MASTER_UNPROVEN, "M"), old_master="M"),
    ),
    Case(
        ClaimKind.MAY_START_AS_MASTER,
        sound_domain(host("R1", Role.MASTER)),
        NO,
        "M reports that it is master, too",
    ),
    Case(
        ClaimKind.MAY_START_AS_MASTER,
        HEALTHY,
        YES,
        "M reports that it is a master; every known host was asked, and none reports that it is master",
        "M",
        by=Circumstances(old_master="M"),
    ),
    Case(
        ClaimKind.MAY_START_AS_MASTER,
        dead_master(host("R1", Role.MASTER), witnesses=()),
        UNKNOWN,
        UNREACHED,
        by=Circumstances(old_master="M"),
    ),
)


@pytest.mark.parametrize("case", MASTERS, ids=lambda case: f"{case.claim}: {case.sentence}")
def test_who_is_master_is_judged_with_its_reason(case: Case) -> None:
    """What is not known is unknown; what is accepted says so; nothing but a proof is a yes."""
    assert judged(case) == (case.truth, case.sentence)


def test_every_claim_has_its_judge() -> None:
    """No row of a table can ask for a proof that there is not."""
    assert set(JUDGES) == set(ClaimKind)
