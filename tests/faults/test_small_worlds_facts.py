"""The facts of small worlds: every one that the conditions read is a dimension, or can only refuse more."""

import itertools
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.journal_facts import Maintenance, RunSummary
from boks_exporter.failover.procedure import Procedure
from boks_exporter.health import judge_round
from boks_exporter.model import Checksums, ErrorLog, HostOutcome, Observed
from boks_exporter.parsing.operator_facts import Freeze, GateReadiness
from boks_exporter.rehearsal.environment import TwinEnvironment
from tests.faults.small_world import BEGINS, NAMES, SmallWorld, environment_of
from tests.faults.small_worlds import (
    DRAWN,
    FACTS,
    PROCEDURES,
    cores,
    drawn,
    every_world,
    is_allowed,
    pairs,
    pairwise_rows,
    triples,
)
from tests.nonempty import nonempty
from tests.virtual.virtual_time import run_virtually

_Fact = TypeVar("_Fact")

DIMENSIONS: Final = {
    "Observed.role": "role",
    "GateReadiness.role": "role",
    "GateReadiness.daemons": "daemons",
    "Unreachable.reason": "reachability",
    "Unreachable.detail": "reachability",
    "FailoverFacts.witnesses": "reachability",
    "Observed.sequences": "database",
    "FailoverFacts.readings": "database of the last master",
    "FailoverFacts.last_roles": "last master",
    "GateReadiness.database": "database",
    "GateReadiness.database_present": "database",
    "FailoverFacts.registered": "registered",
    "Observed.replicas": "listed, loading",
    "Environment.has_no_database": "database",
    "JournalView.forks": "fork",
    "FailoverFacts.seen_forks": "fork",
    "FailoverFacts.evidence": "fork",
}
"""The facts that the worlds vary, by what each is read from."""

WORSE: Final[dict[str, Callable[[FailoverFacts], FailoverFacts]]] = {
    "Observed.errlog": lambda facts: _observed(facts, errlog=ErrorLog(0, ("ERROR: checksum mismatch",))),
    "Observed.errlog unread": lambda facts: _observed(facts, errlog=None),
    "Observed.checksums": lambda facts: _first_observed(facts, checksums=Checksums((("method.conf", "9 9"),))),
    "Observed.checksums unread": lambda facts: _observed(facts, checksums=None),
    "Environment.shm_size_kilobytes": lambda facts: _environment(facts, shm_size_kilobytes=1),
    "Environment.bridge_accept_master_ips": lambda facts: _environment(facts, bridge_accept_master_ips="192.0.2.99"),
    "GateReadiness.permitted": lambda facts: _ready(facts, permitted=None),
    "GateReadiness.boksadm": lambda facts: _ready(facts, boksadm=False),
    "GateReadiness.state_writable": lambda facts: _ready(facts, state_writable=False),
    "GateReadiness.outlives_session": lambda facts: _ready(facts, outlives_session=False),
    "GateReadiness.lock": lambda facts: _ready(facts, lock="20261124-1 bert 2026-11-24T20:00:00"),
    "GateReadiness.busy": lambda facts: _ready(facts, busy="20261124-1.3"),
    "GateReadiness.hostname": lambda facts: _ready(facts, hostname=NAMES[0]),
    "JournalView.open_runs": lambda facts: _journal(facts, open_runs=(_RUN,)),
    "JournalView.last": lambda facts: _journal(facts, last=_RUN),
    "JournalView.windows": lambda facts: _journal(facts, windows=tuple(_windows(facts))),
    "GateReadiness.freeze": lambda facts: _ready(facts, freeze=_FREEZE),
    "Observed.finished_at": lambda facts: replace(facts, seen_at=facts.seen_at + 3600.0),
}
"""A worse value of each fact that all worlds have alike."""

SAME_IN_ALL: Final = {
    "JournalView.lost": "an operator's word, which is an acceptance",
    "JournalView.last_roles": "the journal's own conversions: a host's role explains itself by them",
    "JournalView.converted_by": "as above",
    "GateReadiness.unchanged_since": "absent, as for a role that was written by hand: it explains what a run made",
    "JournalView.removed": "ends what a fork point proves, by a run's own proof",
    "FailoverFacts.has_fence": "the fence's proof, which the cases of the fence examine",
    "FailoverFacts.knowledge_gap": "only shown",
    "FailoverFacts.evidence_since": "only shown",
    "FailoverFacts.common_forms": "no line is unread",
    "FailoverFacts.still": "decides nothing before the second round",
    "FailoverFacts.known_servers": "only refuses: the tests of guards examine it",
    "FailoverFacts.failing_since": "only a promotion reads it, which no world allows without an acceptance",
    "Unreachable.started_at": "as above",
    "Observed.endpoint": "one machine under two names is refused",
    "Observed.faults": "no section fails without its content being absent",
    "Observed.essential_faults": "as above",
}
"""Facts that all worlds have alike, with the reason for which that leaves out nothing."""

DERIVED: Final = frozenset(
    {
        *("comparison", "health", "snapshot", "gates", "journal", "seen_at"),
        *("host", "seen", "role", "readiness", "daemons", "numbers", "reading", "unread", "latest_numbers"),
        *("old_master", "possible_masters", "why_unknown", "is_up", "reached_before", "forks", "lost", "own_name"),
        *("sign_of_life", "changes", "has_role_of_run", "is_unchanged_since"),
    }
)
"""Attributes of the facts of a round that are made of the others, or hold them."""

_RUN: Final = RunSummary("20261124-1", Procedure.REBUILD, "a", Outcome.FAILED, 1.0, None, "bert on ops8")


_FREEZE: Final = Freeze(2_000_000_000, "bert", "an audit")


def _observed(facts: FailoverFacts, **changes: Any) -> FailoverFacts:
    return _with_outcomes(facts, lambda each: replace(each, **changes) if isinstance(each, Observed) else each)


def _first_observed(facts: FailoverFacts, **changes: Any) -> FailoverFacts:
    first = next((each.host for each in facts.snapshot.observed()), None)
    return _with_outcomes(
        facts, lambda each: replace(each, **changes) if isinstance(each, Observed) and each.host == first else each
    )


def _environment(facts: FailoverFacts, **changes: Any) -> FailoverFacts:
    last = [each.host for each in facts.snapshot.observed()][-1:]

    def changed(outcome: HostOutcome) -> HostOutcome:
        if isinstance(outcome, Observed) and outcome.host in last:
            return replace(outcome, environment=replace(outcome.environment, **changes))
        return outcome

    return _with_outcomes(facts, changed)


def _with_outcomes(facts: FailoverFacts, changed: Callable[[HostOutcome], HostOutcome]) -> FailoverFacts:
    return replace(
        facts, snapshot=replace(facts.snapshot, outcomes=tuple(changed(each) for each in facts.snapshot.outcomes))
    )


def _ready(facts: FailoverFacts, **changes: Any) -> FailoverFacts:
    gates = {
        name: replace(gate, readiness=gate.readiness and replace(gate.readiness, **changes))
        for name, gate in facts.gates.items()
    }
    return replace(facts, gates=gates)


def _journal(facts: FailoverFacts, **changes: Any) -> FailoverFacts:
    return replace(facts, journal=replace(facts.journal, **changes))


def _windows(facts: FailoverFacts) -> list[Maintenance]:
    now = facts.seen_at
    return [
        Maintenance(
            domain="trial", host=host.name, started_at=now - 60.0, until=now + 60.0, owner="bert", reason="disks"
        )
        for host in facts.snapshot.hosts
    ]


def sample() -> list[SmallWorld]:
    """Draw worlds of all kinds, the same ones each time."""
    worlds = [*Random(3).sample(list(pairs()), 40), *drawn(160, seed=5)]  # noqa: S311 - a sample, no secret
    return [world for world in worlds if world.is_possible]


def observed(world: SmallWorld) -> tuple[TwinEnvironment, FailoverFacts]:
    """Observe a world once."""
    environment = environment_of(world, Path("/nonexistent"))

    async def look() -> FailoverFacts:
        return await environment.survey(environment.operator).observe(environment.known.journal)

    return environment, run_virtually(look(), BEGINS)


def allowed(facts: FailoverFacts, environment: TwinEnvironment) -> set[tuple[Procedure, str]]:
    """Return what would be done without an acceptance."""
    targets = [host.name for host in environment.known.settings.hosts]
    found = itertools.product(PROCEDURES, targets)
    return {each for each in found if is_allowed(facts, environment, *each)}


def recorded(fact: _Fact, reads: set[str]) -> _Fact:
    """Return a copy that records the name of each attribute that is read."""
    kind: type[Any] = type(fact)

    class Recorded(kind):  # type: ignore[misc]  # the class of the fact at hand
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if not name.startswith("_"):
                reads.add(f"{kind.__name__}.{name}")
            return super().__getattribute__(name)

    copy = object.__new__(Recorded)
    for field in fields(kind):
        object.__setattr__(copy, field.name, getattr(fact, field.name))
    return copy  # type: ignore[no-any-return]  # of the class of the fact


def recording(facts: FailoverFacts, environment: TwinEnvironment, reads: set[str]) -> FailoverFacts:
    """Judge the round again, with every fact of hosts, gates and journal recorded."""

    def outcome(found: HostOutcome) -> HostOutcome:
        if isinstance(found, Observed):
            found = replace(found, environment=recorded(found.environment, reads))
        return recorded(found, reads)

    def readiness(found: GateReadiness | None) -> GateReadiness | None:
        return recorded(found, reads) if found else None

    snapshot = replace(facts.snapshot, outcomes=tuple(outcome(each) for each in facts.snapshot.outcomes))
    judged = judge_round(snapshot, environment.known.history, environment.known.settings.thresholds)
    again = replace(
        facts,
        snapshot=snapshot,
        comparison=judged.comparison,
        health=judged.health,
        gates={name: replace(gate, readiness=readiness(gate.readiness)) for name, gate in facts.gates.items()},
        journal=recorded(facts.journal, reads),
    )
    return recorded(again, reads)


def test_the_conditions_read_nothing_that_the_worlds_do_not_account_for() -> None:
    """A fact that is read is varied, or has a worse value that only refuses more, or a reason to be the same in all."""
    reads = set[str]()
    for world in sample():
        environment, facts = observed(world)
        allowed(recording(facts, environment, reads), environment)
    accounted = {*DIMENSIONS, *(name.split()[0] for name in WORSE), *SAME_IN_ALL}
    whole = {"Observed.host", "Observed.started_at", "Observed.environment", "Unreachable.host"}
    read = {name for name in reads - whole if name.removeprefix("FailoverFacts.") not in DERIVED}
    unit = {"Environment.admitted_masters": "Environment.bridge_accept_master_ips"}
    assert sorted({unit.get(name, name) for name in read} - accounted) == []
    assert len(read) > 20


def test_a_worse_value_of_what_is_the_same_in_all_worlds_only_refuses_more() -> None:
    """So that a world with it needs no examination of its own."""
    every = map(observed, sample())
    worlds = [(environment, facts, found) for environment, facts in every if (found := allowed(facts, environment))]
    assert len(worlds) > 3
    effective = set()
    for name, worse in WORSE.items():
        for environment, facts, before in worlds:
            now = allowed(worse(facts), environment)
            assert now <= before, name
            if now < before:
                effective.add(name)
    assert effective == WORSE.keys()


@pytest.mark.parametrize("names", list(itertools.combinations(FACTS, 2)), ids=" and ".join)
def test_every_two_values_of_two_facts_occur_together(names: tuple[str, str]) -> None:
    """Among the rows from which the worlds of three servers are made."""
    found = {(row[names[0]], row[names[1]]) for row in pairwise_rows()}
    assert found == set(itertools.product(FACTS[names[0]], FACTS[names[1]]))


def test_every_role_with_daemons_and_reachability_occurs_with_every_other_fact() -> None:
    """In each place of the worlds of three servers; and alone with the other two in every combination."""
    met, combined = set(), set()
    for world in triples():
        chosen = tuple((each.role, each.is_running, each.reach) for each in world.servers)
        for place, name in enumerate(NAMES):
            met |= {
                (place, chosen[place], "data", world.servers[place].data),
                (place, chosen[place], "fork", world.fork),
            }
            met |= {
                (place, chosen[place], fact, name in getattr(world, fact))
                for fact in ("unregistered", "unlisted", "unconfigured", "loading")
            }
        if world.last_master is None:
            combined.add(tuple(sorted(chosen)))
    values = 5 + 4 + 4 * 2
    assert len(met) == len(NAMES) * len(cores()) * values
    assert len(combined) == len(list(itertools.combinations_with_replacement(cores(), 3)))


def test_there_are_at_least_fifty_thousand_worlds() -> None:
    """And the draws are a part of them."""
    assert len(every_world(0)) > 50_000
    assert DRAWN >= 20_000


def test_no_world_allows_a_promotion_without_an_acceptance() -> None:
    """That no host reports to be master proves nothing of a host that cannot be asked, or that no one names."""
    for world in nonempty(sample()):
        environment, facts = observed(world)
        assert {procedure for procedure, _ in allowed(facts, environment)} <= {*PROCEDURES} - {Procedure.PROMOTE}
