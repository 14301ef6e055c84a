"""What was known before: from the exporter's report or a file, with the state file and without."""

import json
from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.exposition import DomainView, status_report
from boks_exporter.exposition.domain_view import DomainCounters, HostCounters
from boks_exporter.failover.earlier_knowledge import EarlierKnowledge, KnownHost, LastReach, with_earlier
from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.findings import Guard, Level
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.survey import Survey
from boks_exporter.health import Thresholds, judge_round
from boks_exporter.knowledge.knowledge_file import KnowledgeError, knowledge_from_report
from boks_exporter.model import Role
from boks_exporter.replication import CopyEvidence, DiscoveredHost, History, Lead, dump, restore
from boks_exporter.report import read_report
from boks_exporter.text.formatting import at_time
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, silent, snapshot
from tests.unit.failover_facts import dead_master
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, World, virtually


def report_of(*rounds: Any) -> dict[str, Any]:
    """Return the JSON of an exporter that saw these rounds."""
    history, judged, shown = History(), None, None
    for shown in rounds:
        judged = judge_round(shown, history, Thresholds())
        history = judged.history
    assert judged is not None
    counters = DomainCounters(30.0, hosts={name: HostCounters(last_success=5.0) for name in ("M", "R1", "R2")})
    view = DomainView(shown, judged.comparison, judged.health, counters, history=history)
    return json.loads(json.dumps(status_report([view])))


HEALTHY = snapshot(
    answers("M", Role.MASTER, NUMBERS, 0.0), answers("R1", Role.REPLICA, NUMBERS), answers("R2", Role.REPLICA, NUMBERS),
    second=NUMBERS,
)  # fmt: skip
WITHOUT_MASTER = replace(
    snapshot(silent("M", 30.0), answers("R1", Role.REPLICA, NUMBERS, 31.0), silent("R2", 32.0), at=30.0),
    last_known_master="M",
)


def test_a_running_exporter_reports_last_roles_and_readings() -> None:
    """Of the dead master and of a silent replica, with times; through the parser that clients use."""
    text = json.dumps(report_of(HEALTHY, WITHOUT_MASTER))
    known = knowledge_from_report(read_report(text), "http://mon", "bank")
    assert known.last_known_master == "M"
    assert known.roles == {"M": Role.MASTER, "R1": Role.REPLICA, "R2": Role.REPLICA}
    assert {name: dict(reading.numbers) for name, reading in known.readings.items()} == {
        "M": {7: (100, STAMP), 9: (50, STAMP)},
        "R1": {7: (100, None), 9: (50, None)},
        "R2": {7: (100, STAMP), 9: (50, STAMP)},
    }
    master = known.host("M")
    assert master is not None
    assert (master.answered_at, master.failing_since) == (5.0, 30.0)


def test_a_report_without_the_domain_or_without_a_past_is_refused() -> None:
    """The error names the source."""
    report = report_of(HEALTHY)
    with pytest.raises(KnowledgeError, match="http://mon"):
        knowledge_from_report(read_report(json.dumps(report)), "http://mon", "other")
    del report["domains"][0]["knowledge"]
    with pytest.raises(KnowledgeError, match="http://mon"):
        knowledge_from_report(read_report(json.dumps(report)), "http://mon", "bank")


def known_of(facts_at: float, **more: Any) -> EarlierKnowledge:
    """Return what a check on another machine wrote about the simulated domain."""
    hosts = (
        KnownHost(name=MASTER, address="192.0.2.1", role=Role.MASTER, answered_at=facts_at, failing_since=None),
        KnownHost(name=FIRST, address="192.0.2.2", role=Role.REPLICA, answered_at=facts_at),
    )
    usual = {"domain": "bank", "written_at": facts_at, "source": "check.json", "last_known_master": MASTER}
    return EarlierKnowledge(**{**usual, "hosts": hosts, **more})


def look(world: World, earlier: EarlierKnowledge) -> FailoverFacts:
    """Observe a domain whose master is dead, on a machine without the exporter's state."""
    world.environment.known = replace(world.environment.known, last_known_master=None)
    world.kill_master()

    async def scene() -> FailoverFacts:
        survey = world.survey()
        made = Survey(survey.domain, survey.transport, survey.gates, survey.clock, survey.limits, earlier=earlier)
        return await made.observe(JournalView())

    return virtually(scene)


def findings_of(world: World, facts: FailoverFacts) -> dict[Guard, tuple[Level, str | None, str]]:
    from boks_exporter.failover.runner.proposal import proposal_of

    found = proposal_of(facts, Procedure.PROMOTE, FIRST, world.limits).findings
    return {each.guard: (each.level, each.host, f"{each.sentence} [{each.value}]") for each in found}


def test_a_machine_without_state_knows_the_master_its_numbers_and_the_witnesses_from_the_file(journals: Any) -> None:
    """The old master is named, its last numbers are compared, and each answer has its last success."""
    world = World.at(journals)
    numbers = world.domain.hosts[MASTER].copy.numbers(world.domain.now)
    reading = Reading(MASTER, numbers, 1_700_000_000.0, "check.json")
    reached = (LastReach(SECOND, MASTER, 1_699_999_000.0),)
    facts = look(world, known_of(1_700_000_000.0, readings={MASTER: reading}, reached=reached))
    found = findings_of(world, facts)
    assert facts.possible_masters == (MASTER,)
    assert found[Guard.OLD_MASTER_UNPROVEN][:2] == (Level.UNKNOWN, MASTER)
    assert at_time(1_699_999_000.0, facts.seen_at) in found[Guard.OLD_MASTER_UNPROVEN][2].partition(SECOND)[2]
    assert found[Guard.BEHIND_LAST_MASTER][0] is Level.NOTE


def test_numbers_of_an_earlier_process_are_not_final(journals: Any) -> None:
    """The master was stopped when they were read, or was a replica; what it did since is in no file."""
    world = World.at(journals)
    numbers = world.domain.hosts[MASTER].copy.numbers(world.domain.now)
    reading = Reading(MASTER, numbers, 1_699_900_000.0, "check.json", is_final=True)
    facts = look(world, known_of(1_700_000_000.0, readings={MASTER: reading}))
    assert not facts.readings[MASTER].is_final
    assert findings_of(world, facts)[Guard.BEHIND_LAST_MASTER][0] is Level.UNKNOWN


def test_a_server_that_only_the_file_names_is_a_finding(journals: Any) -> None:
    """Known by name, it cannot be asked; a client is no server, and a host under another form of its name is known."""
    world = World.at(journals)
    others = tuple(
        KnownHost(name=name, address=name, role=role)
        for name, role in (("r9", Role.REPLICA), ("c9", Role.CLIENT), ("r2.example.com", Role.REPLICA))
    )
    facts = look(world, known_of(1_700_000_000.0, hosts=others, named={"r8": 1_699_999_000.0}))
    from boks_exporter.failover.runner.proposal import proposal_of

    found = proposal_of(facts, Procedure.PROMOTE, FIRST, world.limits).findings
    assert {each.host for each in found if each.guard is Guard.UNCONFIGURED_SERVER and each.matters} == {"r9", "r8"}


def test_what_the_exporter_recorded_later_counts_before_a_file() -> None:
    """Evidence that was cleared since, and a role that changed since, do not come back by an older file."""
    ahead = CopyEvidence({7: Lead(5.0, 6.0, 3, 103)})
    earlier = replace(known_of(100.0), evidence={FIRST: ahead, CLIENT: ahead})
    history = History(roles={MASTER: Role.CLIENT, FIRST: Role.REPLICA}, recorded_at=200.0)
    newer = with_earlier(history, earlier)
    assert (newer.roles[MASTER], newer.evidence.keys()) == (Role.CLIENT, {CLIENT})
    older = with_earlier(replace(history, recorded_at=50.0), earlier)
    assert (older.roles[MASTER], older.evidence.keys()) == (Role.MASTER, {FIRST, CLIENT})


def discovering(world: World, history: History) -> FailoverFacts:
    """Observe a domain whose configuration leaves out a replica, with what the exporter's state has of it."""
    known = world.environment.known
    hosts = tuple(host for host in known.settings.hosts if host.name != SECOND)
    settings = replace(known.settings, hosts=hosts, discover=True)
    world.environment.known = replace(known, settings=settings, history=history)
    world.kill_master()
    return virtually(lambda: world.survey().observe(JournalView()))


def test_a_discovered_replica_is_asked_although_the_master_that_listed_it_is_dead(journals: Any) -> None:
    """By its address in the exporter's state; one that is ahead, or is master by now, is no blind spot."""
    history = History(discovered={SECOND: DiscoveredHost("192.0.2.3", 22, 1_699_999_990.0, "OK")})
    world = World.at(journals)
    world.domain.run(SECOND, ("convert", "-v", "master"))
    facts = discovering(world, history)
    assert facts.snapshot.masters == (SECOND,)
    assert findings_of(world, facts)[Guard.MASTER_EXISTS][0] is Level.REFUSE


def test_a_listed_server_that_was_never_polled_is_a_finding_after_the_master_died(journals: Any) -> None:
    """The state keeps the names of the last list that match no host."""
    world = World.at(journals)
    history = History(unresolved={"r9": 1_699_999_990.0}, discovered={SECOND: DiscoveredHost("192.0.2.3", 22, 1.0)})
    facts = discovering(world, history)
    assert findings_of(world, facts)[Guard.UNCONFIGURED_SERVER][:2] == (Level.UNKNOWN, "r9")


def test_a_seen_change_of_master_has_a_fork_point(journals: Any) -> None:
    """Without any journaled run; a change that a run journaled is not taken twice."""
    before = judge_round(HEALTHY, History(), Thresholds()).history
    changed = snapshot(
        silent("M", 30.0),
        answers("R1", Role.MASTER, {7: 130, 9: 50}, 31.0),
        answers("R2", Role.REPLICA, NUMBERS, 31.0),
        at=30.0,
    )
    (term,) = (term for host, term in judge_round(changed, before, Thresholds()).history.terms.items() if host == "R1")
    assert (term.replaced, {table: mark[0] for table, mark in (term.forked or {}).items()}) == ("M", NUMBERS)
    fork = ForkPoint("", "M", "R1", term.forked or {}, {}, term.since, term.forked_at)
    journaled = ForkPoint("run", "M", "R1", {}, {}, 20.0)
    facts = dead_master(seen_forks=(fork,))
    assert facts.forks == (fork,)
    assert replace(facts, journal=JournalView(forks=(journaled,))).forks == (journaled,)
    older = replace(journaled, at=-100.0)
    assert replace(facts, journal=JournalView(forks=(older,))).forks == (older, fork)


def test_a_history_with_a_fork_and_failures_survives_the_state_file() -> None:
    """As JSON and back, with the times moved by a step of the clock."""
    history = judge_round(WITHOUT_MASTER, judge_round(HEALTHY, History(), Thresholds()).history, Thresholds()).history
    assert history.failing == {"M": 30.0, "R2": 32.0}
    assert restore(dump(replace(history, unresolved={"r9": 3.0}))).unresolved == {"r9": 3.0}
    assert restore(dump(history)).failing == history.failing
    assert history.shifted(5.0).failing == {"M": 35.0, "R2": 37.0}
