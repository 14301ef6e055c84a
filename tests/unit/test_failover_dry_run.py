"""A dry run holds nothing that could change a host: by its types, by what it sends, and by what it is made of."""

import dataclasses
import gc
import typing
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.preflight import candidates
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import ProcedureStep, Words
from boks_exporter.failover.runner import Proposal, Runner, Tools
from boks_exporter.failover.runner.verify import verified
from boks_exporter.failover.survey import Survey
from boks_exporter.model import Host
from boks_exporter.remote import operator_requests as op
from boks_exporter.remote.operator_requests import OperatorChange, OperatorQuery
from boks_exporter.remote.request import EVERY_GATE, Request
from tests.unit.failover_world import CLIENT, FIRST, MASTER, World, virtually
from tests.virtual.virtual_time import VirtualClock

LOOKS = ("preflight", "registered", "reach", "lock-show", "record")


@pytest.mark.parametrize("procedure", list(Procedure))
def test_showing_a_plan_sends_no_line_that_changes_anything(journals: Path, procedure: Procedure) -> None:
    """For every procedure, with the master alive and dead: only looks arrive at the gates."""
    for is_dead in (False, True):
        world = World.at(journals / f"{is_dead}")

        async def scene(world: World = world, is_dead: bool = is_dead) -> None:
            survey = world.survey()
            await world.warm(survey)
            if is_dead:
                world.kill_master()
                await VirtualClock().sleep(60)
            for host in (FIRST, MASTER, CLIENT):
                await world.proposal(procedure, host, survey)
            candidates(await survey.observe(JournalView()), FailoverLimits())
            await verified(survey, FailoverLimits(), JournalView())

        before = World.at(journals / "before").roles()
        virtually(scene)
        assert {"preflight"} < {line.split()[2] for _, _, line in world.way.heard} <= set(LOOKS)
        assert world.roles() == before
        assert world.locks() == {}


async def test_a_dry_run_only_polls() -> None:
    """Anything else is a bug, and goes nowhere."""

    class Nowhere:
        async def ask(self, host: Host, request: Any) -> Any:
            raise AssertionError(request)

    way: Any = ReadOnlyTransport(Nowhere())
    host = Host("R1", "192.0.2.1")
    for request in (
        OperatorChange.do("r1.1", Words.CONVERT_MASTER),
        OperatorChange.lock("r1", "anna"),
        EVERY_GATE,
        type("Disguised", (OperatorQuery,), {})(op.OperatorSection.DO, ("r1.1", "boot-stop")),
    ):
        with pytest.raises(TypeError, match="expected an OperatorQuery"):
            await way.ask(host, request)


def test_the_types_of_a_dry_run_lead_to_nothing_that_changes() -> None:
    """From Survey and Proposal, along every annotated field, no type is reached that can change a host."""
    reached = [*_types_below(Survey), *_types_below(Proposal)]
    assert all(kind in reached for kind in (ReadOnlyGates, ReadOnlyTransport, Plan, ProcedureStep))
    assert not any(kind in reached for kind in (ChangingGates, OperatorChange, Tools))


def test_queries_and_changes_share_no_type() -> None:
    """Neither stands for the other, and neither is a request of the reading gate."""
    assert OperatorQuery.__mro__[1:] == OperatorChange.__mro__[1:] == (object,)
    assert not issubclass(OperatorChange, Request)


def test_a_survey_is_made_of_nothing_that_changes(journals: Path) -> None:
    """Every object that it leads to is looked at; a runner, walked through in the same way, leads to the hosts."""
    world = World.at(journals)

    async def scene() -> tuple[Survey, Runner]:
        survey = world.survey()
        with world.journal() as journal:
            runner = world.runner(journal)
        await survey.observe(JournalView())
        return survey, runner

    survey, runner = virtually(scene)
    for holder, can_change in ((survey, False), (runner, True)):
        reached = _objects_below(holder)
        assert any(each is survey.gates.way or isinstance(each, ReadOnlyTransport) for each in reached)
        assert any(isinstance(each, ChangingGates) for each in reached) is can_change
        assert any(each is world.way for each in reached) is can_change


def _objects_below(holder: object) -> list[object]:
    """Walk to every object that can be reached, but not through a way that lets nothing but looks pass."""
    waiting, known, reached = [holder], {id(holder)}, []
    while waiting:
        part = waiting.pop()
        reached.append(part)
        if isinstance(part, ReadOnlyTransport | type | ModuleType):
            continue
        for each in gc.get_referents(part):
            # A function leads to its module's names, and through them to everything that was ever imported.
            if id(each) not in known and not (isinstance(part, FunctionType) and each is part.__globals__):
                known.add(id(each))
                waiting.append(each)
    return reached


def _types_below(kind: Any) -> Iterator[Any]:
    """Walk along the fields of dataclasses, through whatever holds them."""
    waiting, known = [kind], []
    while waiting:
        part = waiting.pop()
        if part in known:
            continue
        known.append(part)
        yield part
        waiting += part if isinstance(part, list) else typing.get_args(part)
        if isinstance(part, type) and dataclasses.is_dataclass(part):
            waiting += typing.get_type_hints(part).values()
