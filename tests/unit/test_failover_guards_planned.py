"""The guards of a change by day: what each finds in a domain that has its master."""

from dataclasses import replace

import pytest

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.findings import Guard, Level
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import Daemons
from boks_exporter.replication import CopyEvidence
from boks_exporter.replication.evidence import Lead
from tests.unit.domain_rounds import STAMP, silent
from tests.unit.failover_facts import dead_master, finding_names, found, host, ready, sound_domain


@pytest.mark.parametrize("procedure", [Procedure.SWITCHOVER, Procedure.FAILBACK])
def test_nothing_forbids_a_planned_change(procedure: Procedure) -> None:
    """That the master is not registered as a replica is told early; a step waits for it."""
    assert finding_names(procedure, "R1", sound_domain()) == [
        ("note not_registered: M is not registered as BOKSREPLICA: change its type in the database of M")
    ]


FORKED = JournalView(forks=(ForkPoint("run", "M", "R1", {7: (100, STAMP), 9: (50, STAMP)}, {}, 0.0),))
"""R1 became master with what M had."""


def test_a_switchover_needs_one_healthy_master_and_a_healthy_replica() -> None:
    """None, several, or one whose list is not readable; and a replica of which not everything is known."""
    assert "refuse no_master: no host reports that it is master: failover promote" in finding_names(
        Procedure.SWITCHOVER, "R1", dead_master()
    )
    both = sound_domain(host("R2", Role.MASTER), gates={"M": ready("M", Role.MASTER, daemons=Daemons.STOPPED)})
    assert (
        "refuse several_masters: M (BoKS stopped), R2 (BoKS running) all report that they are master, and each is one "
        "when BoKS next starts on it: failover retire the wrong one, at its console or over SSH"
    ) in finding_names(Procedure.SWITCHOVER, "R1", both)
    behind = sound_domain(host("R1", Role.REPLICA, {7: 103, 9: 50}))
    assert (
        "refuse unsound_copy: R1 is ahead: ahead of the master by 3 updates in T7 (host group to host)"
        in finding_names(Procedure.SWITCHOVER, "R1", behind)
    )


def test_a_rebuild_shows_what_only_the_replica_has() -> None:
    """Its updates are moved aside with its database, which an operator must accept."""
    facts = sound_domain(host("R1", Role.REPLICA, {7: 103, 9: 50}))
    assert [(each.guard, each.level, each.value) for each in found(Procedure.REBUILD, "R1", facts)] == [
        (Guard.UPDATES_ONLY_HERE, Level.REFUSE, "3")
    ]
    alone = sound_domain(host("R1", Role.REPLICA, {7: 103, 9: 50}), silent("R2"))
    assert [each.guard for each in found(Procedure.REBUILD, "R1", alone)] == [
        Guard.HOSTS_NOT_ASKED,
        Guard.UPDATES_ONLY_HERE,
        Guard.LAST_COPY,
    ]


def test_what_an_old_master_wrote_after_it_was_last_read_is_not_known() -> None:
    """It stands in single-user mode: its last numbers are old, and later updates are unknown."""
    reading = Reading("M", {7: (100, STAMP)}, 0.0, "kept by the exporter's state file")
    facts = sound_domain(silent("M"), host("R1", Role.MASTER, {7: 105, 9: 60}), readings={"M": reading}, journal=FORKED)
    assert [(each.guard, each.level, each.value) for each in found(Procedure.RETIRE, "M", facts)] == [
        (Guard.UPDATES_ONLY_HERE, Level.UNKNOWN, None)
    ]


def test_a_client_with_an_old_database_does_not_become_a_replica_unseen() -> None:
    """Stale files are the known cause of a replica that is ahead (K1262)."""
    assert finding_names(Procedure.ADD_REPLICA, "C", sound_domain(registered=("R1", "R2", "C"))) == []
    stale = sound_domain(registered=("R1", "R2"), gates={"C": ready("C", Role.CLIENT, database_present=True)})
    assert finding_names(Procedure.ADD_REPLICA, "C", stale) == [
        "refuse stale_database: C is a client with a database of its own; it will be moved aside, unseen",
        ("refuse not_registered: C is not registered as BOKSREPLICA: change its type in the database of M"),
    ]
    unsure = sound_domain(registered=None)
    assert finding_names(Procedure.ADD_REPLICA, "C", unsure) == [
        "unknown not_registered: M did not report which hosts are registered as BOKSREPLICA"
    ]


def test_an_old_master_is_retired_only_next_to_a_living_one() -> None:
    """Its database may be the only one that is up to date."""
    old = host("M", Role.MASTER, at=0.0)
    alone = dead_master(old)
    assert finding_names(Procedure.RETIRE, "M", alone)[0].startswith("refuse no_master: no other host than M is master")
    beside = sound_domain(host("R1", Role.MASTER, {7: 105, 9: 60}), journal=FORKED)
    stopped = replace(beside, gates={**beside.gates, "M": ready("M", Role.MASTER, daemons=Daemons.STOPPED)})
    assert finding_names(Procedure.RETIRE, "M", stopped) == []
    assert [each.guard for each in found(Procedure.RETIRE, "M", beside)] == [
        Guard.DAEMONS_RUNNING,
        Guard.UPDATES_ONLY_HERE,
    ]
    more = sound_domain(host("R1", Role.MASTER, {7: 99, 9: 60}), journal=FORKED)
    assert [each.guard for each in found(Procedure.RETIRE, "M", more)] == [
        Guard.DAEMONS_RUNNING,
        Guard.UPDATES_ONLY_HERE,
    ]


def test_updates_of_its_own_are_those_that_the_named_master_never_had() -> None:
    evidence = {"R1": CopyEvidence({7: Lead(5.0, 5.0, 13, 100, None)}, diverged_since=5.0)}
    (finding,) = found(Procedure.REBUILD, "R1", sound_domain(evidence=evidence))
    assert (finding.value, "M never had" in finding.sentence) == ("13", True)
