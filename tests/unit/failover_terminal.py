"""A command line whose hosts are simulated: each command is a process of its own on virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.app import failover_wiring
from boks_exporter.app.failover_wiring import ManagedDomain, NoOperator, OperatorConnections
from boks_exporter.cli.failover import apply, asides, check, freeze, host_commands, inspect, lost, topology
from boks_exporter.cli.root_command import run
from boks_exporter.failover.facts import Reading
from boks_exporter.failover.gate_client import ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal import Journal
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.runner import Runner, StopRequest
from boks_exporter.failover.survey import Survey
from boks_exporter.operations import host_asides, host_freeze, host_locks
from tests.unit.failover_world import World
from tests.virtual.virtual_time import VirtualClock, VirtualTimeLoop

CONFIG = """\
domains:
  - name: bank
    transport: {kind: ssh, user: boksmon}
    hosts: [{name: m1}, {name: r1}, {name: r2}, {name: r3}, {name: c1}]
    failover:
      journal: journal.sqlite
      operator: {user: boksop}
"""


OFF = ("--accept", "old_master_unproven=m1", "--reason", "its power is off")
"""What a person accepts who has seen that the old master is off."""


class Terminal:
    """A command line whose hosts are simulated; each command is a process of its own on virtual time."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = World.at(directory)
        self.capsys = capsys
        self.config = directory / "config.yaml"
        self.config.write_text(CONFIG)
        self.before: Callable[[], None] = lambda: None
        self.kept: dict[str, Reading] = {}
        self.failing: dict[str, float] = {}

    def __call__(self, *words: str) -> tuple[int, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BOKS_EXPORTER_CONFIG_FILE", str(self.config))
            code = run([*words])
        shown = self.capsys.readouterr()
        return code, shown.out + shown.err

    @asynccontextmanager
    async def open_survey(self, domain: ManagedDomain) -> AsyncIterator[Survey]:
        survey = await self._survey()
        if not domain.has_operator:
            survey.gates = ReadOnlyGates(ReadOnlyTransport(NoOperator()))
        yield survey

    @asynccontextmanager
    async def open_runner(
        self, _: Any, journal: Journal, say: Callable[[str], None], halt: StopRequest
    ) -> AsyncIterator[Runner]:
        self.world.said = type("Said", (list,), {"append": lambda _, text: say(text)})()
        yield self.world.runner(journal, await self._survey(), token=lambda: "0000000a", halt=halt)

    async def _survey(self) -> Survey:
        """Begin with what the exporter's state file would hold."""
        survey = self.world.survey()
        survey.readings = dict(self.kept)
        survey.history = replace(survey.history, failing=self.failing)
        await survey.observe(JournalView())
        self.kept, self.failing = dict(survey.readings), dict(survey.history.failing)
        await VirtualClock().sleep(30.0)
        self.before()
        return survey

    @asynccontextmanager
    async def ways(self, _: Any) -> AsyncIterator[OperatorConnections]:
        yield OperatorConnections(self.world.survey().transport, self.world.way)


def terminal_at(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Sit down at one."""
    made = Terminal(tmp_path, capsys)

    def virtually(main: Callable[[], Any]) -> Any:
        """Go on where the last command left the domain's time."""
        loop = VirtualTimeLoop()
        loop._jumping.elapsed = made.world.domain.now
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(main())

    for module in (apply, inspect, failover_wiring):
        monkeypatch.setattr(module, "open_survey", made.open_survey)
    for module in (apply, asides, check, freeze, inspect, host_commands, lost, topology):
        monkeypatch.setattr(module, "run_async", virtually)
    for module in (host_asides, host_freeze, host_locks):
        monkeypatch.setattr(module, "operator_connections", made.ways)
    monkeypatch.setattr(host_asides, "SystemClock", VirtualClock)
    monkeypatch.setattr(apply, "open_runner", made.open_runner)
    return made


def fingerprint(text: str) -> str:
    return text.partition("Fingerprint: ")[2].split()[0]
