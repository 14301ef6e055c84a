"""A master that is restarted for one replica must have the other replicas back before the run is done."""

from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import Certainty, Circumstances, prove_all
from boks_exporter.model import Role
from tests.unit.domain_rounds import NUMBERS
from tests.unit.failover_facts import dead_master, host, silent, sound_domain

_CLAIM = (Claim(ClaimKind.OTHERS_ARE_BACK, "M"),)
_BEHIND = host("R2", Role.REPLICA, {table: number + 5 for table, number in NUMBERS.items()})


def test_a_plan_knows_which_replicas_were_ok() -> None:
    """One that is ahead already is not among them: rebuilding another one does not repair it."""
    assert make_plan(Procedure.ADD_REPLICA, "C", sound_domain()).healthy == ("R1", "R2")
    assert make_plan(Procedure.REBUILD, "R1", sound_domain(_BEHIND)).healthy == ("R1",)


def test_who_was_ok_has_to_be_ok_again() -> None:
    """The sentence names who is not, and why."""
    by = Circumstances(healthy=frozenset({"R1", "R2"}))
    assert prove_all(_CLAIM, sound_domain(), by).sentence == "2 replicas that were OK are OK under M"
    found = prove_all(_CLAIM, sound_domain(_BEHIND), by)
    assert found.truth is Certainty.NO
    assert found.sentence.startswith("R2: ")
    assert prove_all(_CLAIM, sound_domain(silent("R2")), by).truth is Certainty.NO


def test_who_was_not_ok_is_not_waited_for() -> None:
    """A second replica that went its own way does not keep the rebuilding of the first from ending."""
    assert prove_all(_CLAIM, sound_domain(_BEHIND), Circumstances(healthy=frozenset({"R1"}))).truth is Certainty.YES


def test_without_a_healthy_master_no_replica_is_back() -> None:
    """What a master says that does not run is worth nothing."""
    assert prove_all(_CLAIM, dead_master(), Circumstances(healthy=frozenset({"R1"}))).truth is not Certainty.YES
