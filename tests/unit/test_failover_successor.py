"""A last known master that has another role now: who replaced it must be known before a promotion."""

from dataclasses import replace

import pytest

from boks_exporter.failover.facts import FailoverFacts, Witness
from boks_exporter.failover.findings import Acceptance, Acceptances, Guard, Level
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.preflight import blocking_findings
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import Certainty, Circumstances, prove
from boks_exporter.model import Reach, Role
from tests.unit.domain_rounds import silent
from tests.unit.failover_facts import dead_master, found, host, ready, sound_domain

WITHOUT_MASTER = Claim(ClaimKind("nobody_is_master"), "R1")


def changed_role(role: Role, journal: JournalView | None = None) -> FailoverFacts:
    """Return a domain whose last known master reports another role, and in which no host is master."""
    return dead_master(host("M", role), journal=journal or JournalView())


def guards(facts: FailoverFacts) -> list[tuple[Guard, Level, str | None]]:
    about = {Guard.SUCCESSOR_UNKNOWN, Guard.OLD_MASTER_UNPROVEN}
    return [
        (each.guard, each.level, each.host) for each in found(Procedure.PROMOTE, "R1", facts) if each.guard in about
    ]


@pytest.mark.parametrize("role", [Role.CLIENT, Role.REPLICA])
def test_a_changed_role_without_a_known_successor_needs_an_acceptance_for_that_host(role: Role) -> None:
    """Before the run and at the step: a host that no configuration names may be master."""
    facts = changed_role(role)
    assert guards(facts) == [(Guard.SUCCESSOR_UNKNOWN, Level.UNKNOWN, "M")]
    assert prove(WITHOUT_MASTER, facts, Circumstances()).truth is Certainty.UNKNOWN
    for named, holds in (("M", True), ("R2", False), (None, False)):
        accepted = Acceptances((Acceptance(Guard.SUCCESSOR_UNKNOWN, "no other was made", named),))
        left = {each.guard for each in blocking_findings(found(Procedure.PROMOTE, "R1", facts), accepted)}
        assert (Guard.SUCCESSOR_UNKNOWN not in left) is holds
        assert prove(WITHOUT_MASTER, facts, Circumstances(accepted=accepted)).holds is holds


def test_a_role_that_a_run_of_this_journal_made_has_no_unknown_successor() -> None:
    """Only that very role, of that very host, and since which its ENV was not written."""
    unchanged = {"M": ready("M", Role.CLIENT, unchanged_since="run.3")}
    for roles, gates, run, level in (
        ({"M": Role.CLIENT}, unchanged, "run", Level.NOTE),
        ({"M": Role.CLIENT}, unchanged, "later", Level.UNKNOWN),
        ({"M": Role.CLIENT}, {}, "run", Level.UNKNOWN),
        ({"M": Role.REPLICA}, unchanged, "run", Level.UNKNOWN),
        ({"R2": Role.CLIENT}, unchanged, "run", Level.UNKNOWN),
    ):
        journal = JournalView(last_roles=roles, converted_by=dict.fromkeys(roles, run))
        assert [each[1] for each in guards(replace(changed_role(Role.CLIENT, journal), gates=gates))] == [level]


def test_a_replica_that_reaches_the_master_port_outweighs_a_role_by_a_file() -> None:
    """ENV was edited while BoKS ran on; that is refused, whatever is accepted, unless a run made the role."""
    facts = replace(changed_role(Role.REPLICA), witnesses=(Witness("R2", Reach.REACHABLE, about="M"),))
    (finding,) = (each for each in found(Procedure.PROMOTE, "R1", facts) if each.host == "M" and each.matters)
    assert (finding.guard, finding.acceptable) == (Guard.OLD_MASTER_REACHABLE, False)
    accepted = Acceptances((Acceptance(Guard.SUCCESSOR_UNKNOWN, "seen", "M"),))
    assert prove(WITHOUT_MASTER, facts, Circumstances(accepted=accepted)).truth is Certainty.NO
    assert prove(WITHOUT_MASTER, facts, Circumstances(steps_down="M")).holds


def test_a_master_that_steps_down_in_this_run_has_no_unknown_successor() -> None:
    """Between the two conversions of a switchover there is no master, even where the journal does not know it yet."""
    facts = changed_role(Role.CLIENT)
    assert prove(WITHOUT_MASTER, facts, Circumstances(old_master="M", steps_down="M")).holds
    assert not prove(WITHOUT_MASTER, facts, Circumstances(old_master="M")).holds


def test_a_known_master_is_the_successor() -> None:
    """Nothing is found while another host reports that it is master."""
    facts = sound_domain(host("M", Role.CLIENT), host("R2", Role.MASTER))
    guards_found = {each.guard for each in found(Procedure.SWITCHOVER, "R1", facts)}
    assert Guard.SUCCESSOR_UNKNOWN not in guards_found


def test_a_gate_that_reports_a_master_forbids_a_promotion_though_the_host_could_not_be_polled() -> None:
    """Whatever is accepted: the operator's gate answered where the reading one did not."""
    facts = dead_master(silent("C"), gates={"C": ready("C", Role.MASTER)})
    (finding,) = (each for each in found(Procedure.PROMOTE, "R1", facts) if each.guard is Guard.MASTER_EXISTS)
    assert (finding.host, finding.level, finding.acceptable) == ("C", Level.REFUSE, False)
    names = [Acceptance(guard, "seen", host) for guard in Guard for host in ("C", "M")]
    assert prove(WITHOUT_MASTER, facts, Circumstances(accepted=Acceptances(tuple(names)))).truth is Certainty.NO


def test_a_host_that_is_not_asked_and_whose_master_port_is_reached_forbids_a_promotion() -> None:
    """It was no master when it was last seen, and may have been made one by hand: no acceptance covers that."""
    facts = dead_master(silent("C"), witnesses=(Witness("R2", Reach.REACHABLE, about="C"),))
    (finding,) = (each for each in found(Procedure.PROMOTE, "R1", facts) if each.host == "C" and each.matters)
    assert (finding.guard, finding.acceptable) == (Guard.OLD_MASTER_REACHABLE, False)
    named = ((Guard.HOSTS_NOT_ASKED, "C"), (Guard.OLD_MASTER_UNPROVEN, "M"))
    accepted = Acceptances(tuple(Acceptance(guard, "it is off", name) for guard, name in named))
    assert prove(WITHOUT_MASTER, facts, Circumstances(accepted=accepted)).truth is Certainty.NO
    assert prove(WITHOUT_MASTER, replace(facts, witnesses=()), Circumstances(accepted=accepted)).holds


def test_where_a_master_reports_itself_a_reached_port_is_for_a_person_to_judge() -> None:
    """A replica can be rebuilt while another host's port answers, once a person has said what that host is."""
    facts = sound_domain(silent("C"), witnesses=(Witness("R2", Reach.REACHABLE, about="C"),))
    (finding,) = (each for each in found(Procedure.REBUILD, "R1", facts) if each.host == "C" and each.matters)
    assert (finding.guard, finding.acceptable) == (Guard.HOSTS_NOT_ASKED, True)
