"""Everything that the guards of copies find in worlds that differ in one fact."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.model import Environment, ErrorLog, Role, SequenceReport
from boks_exporter.replication import CopyEvidence
from boks_exporter.replication.evidence import Lead
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, listed, report, silent, snapshot
from tests.unit.failover_claims import stopped
from tests.unit.failover_facts import dead_master, facts_of, host, sound_domain
from tests.unit.failover_judged import ADD, PROMOTE, REBUILD, RETIRE, SWITCHOVER, World, judged
from tests.unit.test_failover_unread import hiding

R1_MASTER, CLIENT_M = host("R1", Role.MASTER, at=0.0), host("M", Role.CLIENT)
AHEAD, LESS = host("R1", Role.REPLICA, {7: 103, 9: 50}), host("R1", Role.REPLICA, {7: 100})
NO_NUMBERS = answers("R1", Role.REPLICA, None, environment=Environment("server", 16000))
DIVERGED = {"evidence": {"R1": CopyEvidence({7: Lead(5.0, 5.0, 13, 100, None)}, diverged_since=5.0)}}
EQUAL_NOW = {"evidence": {"R1": CopyEvidence({}, diverged_since=5.0)}}
FORK = ForkPoint("run", "M", "R1", {7: (100, STAMP), 9: (50, STAMP)}, {}, 0.0)
FORKED = {"journal": JournalView(forks=(FORK,))}
STOPPED_M = stopped("M", Role.MASTER)
BAD_LOG = {"errlog": ErrorLog(1, ("servc: Checksum mismatch from 192.0.2.1",))}
KNOWN = {"registered": ("R1", "R2", "C", "M")}


def loading() -> FailoverFacts:
    seen = [host("M", Role.MASTER, at=0.0), host("R1", Role.REPLICA), host("R2", Role.REPLICA)]
    return facts_of(snapshot(*seen, second=NUMBERS, lines=(listed("R1", "LOADING"), listed("R2"))), **KNOWN)


def last(final: bool, number: int = 100, name: str = "M") -> dict[str, Any]:
    return {"readings": {name: Reading(name, {7: (number, STAMP), 9: (50, STAMP)}, 0.0, "by hand", is_final=final)}}


WELL = ("note behind_best R1", "note behind_last_master R1", "unknown old_master_unproven M")
UNREAD = ("refuse incomplete_copy R1", "unknown behind_best R1", "unknown error_log R1")

WORLDS = {
    "promoted with updates of its own since a change of master": World(
        PROMOTE,
        dead_master(journal=JournalView(forks=(replace(FORK, old_master="C", new_master="M", above={"R1": {7: 2}}),))),
        (
            "note behind_best R1",
            "note behind_last_master R1",
            "refuse unsound_copy R1",
            "unknown old_master_unproven M",
        ),
    ),
    "promoted next to a copy of another generation": World(
        PROMOTE,
        dead_master(replace(host("R2", Role.REPLICA), sequences=report(NUMBERS, {9: STAMP + 1}))),
        ("note behind_last_master R1", "unknown behind_best R1", "unknown old_master_unproven M"),
    ),
    "switched over, it lacks a table": World(
        SWITCHOVER, sound_domain(LESS, **KNOWN), ("refuse incomplete_copy R1", "refuse unsound_copy R1")
    ),
    "rebuilt, it lacks a table": World(REBUILD, sound_domain(LESS)),
    "promoted without numbers": World(
        PROMOTE,
        dead_master(NO_NUMBERS),
        (
            "refuse incomplete_copy R1",
            "unknown behind_best R1",
            "unknown error_log R1",
            "unknown method_conf R1",
            "unknown old_master_unproven M",
            "unknown unread_tables R1",
        ),
    ),
    "promoted without numbers, and another hides a table": World(
        PROMOTE,
        dead_master(NO_NUMBERS, hiding("R2")),
        (
            "refuse incomplete_copy R1",
            "unknown behind_best R1",
            "unknown error_log R1",
            "unknown method_conf R1",
            "unknown old_master_unproven M",
            "unknown unread_tables R1",
            "unknown unread_tables R2",
        ),
    ),
    "promoted without numbers, and no other answers": World(
        PROMOTE,
        dead_master(NO_NUMBERS, silent("R2")),
        (
            "refuse incomplete_copy R1",
            "unknown behind_best R1",
            "unknown error_log R1",
            "unknown hosts_not_asked R2",
            "unknown method_conf R1",
            "unknown old_master_unproven M",
            "unknown unread_tables R1",
        ),
    ),
    "promoted, it hides a table": World(
        PROMOTE,
        dead_master(hiding("R1")),
        ("note behind_last_master R1", "unknown old_master_unproven M", "unknown unread_tables R1"),
    ),
    "promoted, it shows no table": World(
        PROMOTE,
        dead_master(replace(host("R1", Role.REPLICA), sequences=SequenceReport(()))),
        (
            "refuse behind_last_master R1",
            "refuse incomplete_copy R1",
            "unknown behind_best R1",
            "unknown old_master_unproven M",
        ),
    ),
    "promoted, it does not answer": World(
        PROMOTE,
        dead_master(silent("R1")),
        (
            "refuse gate_not_ready R1",
            "refuse unreachable R1",
            "unknown hosts_not_asked R1",
            "unknown old_master_unproven M",
        ),
    ),
    "promoted, no other server answers": World(
        PROMOTE,
        dead_master(silent("R2")),
        (
            "note behind_best R1",
            "note behind_last_master R1",
            "unknown hosts_not_asked R2",
            "unknown old_master_unproven M",
        ),
    ),
    "switched over while it loads": World(
        SWITCHOVER, loading(), ("refuse incomplete_copy R1", "refuse unsound_copy R1", "unknown unconfigured_server C")
    ),
    "rebuilt while it loads": World(REBUILD, loading(), ("unknown unconfigured_server C",)),
    "rebuilt, another hides a table": World(REBUILD, sound_domain(hiding("R2")), ("refuse last_copy R1",)),
    "rebuilt, it hides a table": World(REBUILD, sound_domain(hiding("R1")), ("unknown unread_tables R1",)),
    "rebuilt, the master hides a table": World(
        REBUILD, sound_domain(hiding("M", Role.MASTER)), ("refuse last_copy R1", "unknown unread_tables M")
    ),
    "added, the master hides a table": World(ADD, sound_domain(hiding("M", Role.MASTER), **KNOWN), target="C"),
    "switched over, the master hides a table": World(
        SWITCHOVER,
        sound_domain(hiding("M", Role.MASTER), **KNOWN),
        ("unknown unread_tables M", "unknown unsound_copy R1"),
    ),
    "retired, it hides a table": World(
        RETIRE,
        sound_domain(R1_MASTER, hiding("M", Role.MASTER), **FORKED, **STOPPED_M),
        ("unknown unread_tables M",),
        target="M",
    ),
    "switched over, it is ahead": World(SWITCHOVER, sound_domain(AHEAD, **KNOWN), ("refuse unsound_copy R1",)),
    "switched over, its state is unknown": World(
        SWITCHOVER,
        sound_domain(NO_NUMBERS, **KNOWN),
        (
            "refuse incomplete_copy R1",
            "unknown error_log R1",
            "unknown method_conf R1",
            "unknown unread_tables R1",
            "unknown unsound_copy R1",
        ),
    ),
    "promoted, it had diverged": World(
        PROMOTE,
        dead_master(**EQUAL_NOW),
        (
            "note behind_best R1",
            "note behind_last_master R1",
            "refuse unsound_copy R1",
            "unknown old_master_unproven M",
        ),
    ),
    "switched over, it had diverged": World(
        SWITCHOVER, sound_domain(**EQUAL_NOW, **KNOWN), ("refuse unsound_copy R1",)
    ),
    "rebuilt, it had diverged": World(REBUILD, sound_domain(**EQUAL_NOW), ("unknown updates_only_here R1",)),
    "rebuilt, it has updates of its own": World(REBUILD, sound_domain(**DIVERGED), ("refuse updates_only_here R1",)),
    "switched over, evidence is young": World(
        SWITCHOVER, sound_domain(evidence_since=1.0, **KNOWN), ("note unsound_copy",)
    ),
    "switched over, nothing is known": World(
        SWITCHOVER, sound_domain(knowledge_gap="no file", **KNOWN), ("note unsound_copy",)
    ),
    "rebuilt, evidence is young": World(REBUILD, sound_domain(evidence_since=1.0)),
    "rebuilt, nothing is known": World(REBUILD, sound_domain(knowledge_gap="no file")),
    "switched over, its log is bad": World(
        SWITCHOVER, sound_domain(host("R1", Role.REPLICA, **BAD_LOG), **KNOWN), ("refuse error_log R1",)
    ),
    "rebuilt, its log is bad": World(REBUILD, sound_domain(host("R1", Role.REPLICA, **BAD_LOG))),
    "switched over, another's log is bad": World(
        SWITCHOVER, sound_domain(host("R2", Role.REPLICA, **BAD_LOG), **KNOWN)
    ),
    "promoted, the master had more": World(
        PROMOTE,
        dead_master(**last(True, 101)),
        ("note behind_best R1", "refuse behind_last_master R1", "unknown old_master_unproven M"),
    ),
    "promoted, the master's last numbers are final": World(
        PROMOTE,
        dead_master(**last(True)),
        ("note behind_best R1", "note behind_last_master R1", "unknown old_master_unproven M"),
    ),
    "promoted, the master's last numbers are old": World(
        PROMOTE,
        replace(dead_master(**last(False)), seen_at=100.0, failing_since={}),
        ("note behind_best R1", "unknown behind_last_master R1", "unknown old_master_unproven M"),
    ),
    "rebuilt without numbers": World(
        REBUILD, sound_domain(NO_NUMBERS), ("unknown unread_tables R1", "unknown updates_only_here R1")
    ),
    "rebuilt without numbers, its last ones are known": World(
        REBUILD, sound_domain(NO_NUMBERS, **last(True, name="R1")), ("unknown unread_tables R1",)
    ),
    "rebuilt, the master shows no numbers": World(
        REBUILD,
        sound_domain(answers("M", Role.MASTER, None, 0.0)),
        ("refuse last_copy R1", "unknown master_unsound M", "unknown unread_tables M"),
    ),
    "rebuilt, no master": World(
        REBUILD, dead_master(), ("refuse last_copy R1", "refuse no_master", "unknown old_master_unproven M")
    ),
    "switched over, the last master had more": World(SWITCHOVER, sound_domain(**last(True, 101), **KNOWN)),
    "retired, it does not answer, its last numbers are final": World(
        RETIRE, sound_domain(R1_MASTER, silent("M"), **FORKED, **last(True)), target="M"
    ),
    "retired, it does not answer, its last numbers are not final": World(
        RETIRE,
        sound_domain(R1_MASTER, silent("M"), **FORKED, **last(False)),
        ("unknown updates_only_here M",),
        target="M",
    ),
    "retired as a stopped client, its last numbers are not final": World(
        RETIRE,
        sound_domain(R1_MASTER, CLIENT_M, **FORKED, **last(False), **stopped("M", Role.CLIENT)),
        ("unknown updates_only_here M",),
        target="M",
    ),
    "retired, it had more": World(
        RETIRE,
        sound_domain(R1_MASTER, host("M", Role.MASTER, {7: 101, 9: 50}), **FORKED, **STOPPED_M),
        ("refuse updates_only_here M",),
        target="M",
    ),
    "retired, without a fork point": World(
        RETIRE, sound_domain(R1_MASTER, **STOPPED_M), ("unknown fork_point_unknown M",), target="M"
    ),
    "retired, with another's fork point": World(
        RETIRE,
        sound_domain(R1_MASTER, seen_forks=(replace(FORK, new_master="R2"),), **STOPPED_M),
        ("unknown fork_point_unknown M",),
        target="M",
    ),
    "retired, with a fork point that was seen": World(
        RETIRE, sound_domain(R1_MASTER, seen_forks=(FORK,), **STOPPED_M), target="M"
    ),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_guards_find_exactly_this(world: World) -> None:
    """A guard that is dropped, weakened, or that finds too much, is noticed in one of the worlds."""
    assert judged(world) == world.expected
