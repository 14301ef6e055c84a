"""`failover rehearse` against a domain behind SSH, on a twin behind SSH: what it shows, and that it changes nothing."""

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.demo.failover_tour_environment import MASTER, tour_config, tour_layout
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.server import SimulatedServers
from tests.integration.fleet import running_fleet
from tests.integration.terminal import Terminal, quiet_layout

TEMPORARY = "REPHOST2"


@dataclass
class Live:
    """The domain that must not be changed, served by its own loop, and a terminal."""

    loop: asyncio.AbstractEventLoop
    servers: SimulatedServers
    directory: Path
    capsys: pytest.CaptureFixture[str]

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the loop of the servers."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def rehearse(self, *words: str) -> tuple[int, str]:
        """Type the command; the domain, its gates and the journal's directory are as before."""
        config = self.directory / "config.yaml"
        config.write_text(json.dumps(tour_config(self.servers, self.directory)))
        before = self._standing()
        code = run(["failover", "rehearse", *words, "--config.file", str(config)])
        assert self._standing() == before
        printed = self.capsys.readouterr()
        return code, printed.out + printed.err

    def _standing(self) -> tuple[Any, ...]:
        gates = self.servers.operators
        assert gates is not None
        hosts = {name: (str(host.role), host.daemons_running) for name, host in self.servers.domain.hosts.items()}
        records = {name: (state.lock, sorted(state.records)) for name, state in gates.states.items()}
        return hosts, records, (self.directory / "journal.sqlite").exists()


@pytest.fixture
def live(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Live]:
    """A small domain; its loop ends with the test."""
    domain = SimulatedDomain(replace(tour_layout(), loading_seconds=5.0), seed=1)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="live")
    thread.start()
    (tmp_path / "keys").mkdir()
    servers = SimulatedServers(domain, tmp_path / "keys", operators=OperatorGates(domain))
    served = Live(loop, servers, tmp_path, capsys)
    served.do(servers.__aenter__())
    try:
        yield served
    finally:
        served.do(servers.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


ACCEPTED = tuple(
    word
    for name in ("old_master_unproven", f"hosts_not_asked={MASTER}", "behind_last_master")
    for word in ("--accept", name)
)


def test_a_promotion_in_which_the_program_is_killed(live: Live) -> None:
    """The master is dead; the program dies after the request; what resume does is shown, with the twin's truth."""
    live.do(live.servers.set_fault(MASTER, Fault.MASTER_DEAD))
    words = ("promote", TEMPORARY, *ACCEPTED, "--reason", "its machine is off")
    code, printed = live.rehearse(*words, "--inject", "killed-after-request@convert-master")
    assert code == 23, printed
    assert "The twin shows the same facts, findings and steps: its plan has the same fingerprint." in printed
    assert "(the program is killed here)" in printed
    assert "Injected: killed-after-request at step convert-master (killed after the request)" in printed
    assert f"  {TEMPORARY}  master   ok           running  answers" in printed
    assert f"  masters that run: {TEMPORARY}\n" in printed
    assert "promote is killed, then resume exits with 0" in printed


def test_a_failback_for_a_script(live: Live) -> None:
    """Every step is done in the twin's time, by the plan that the live domain has."""
    domain = live.servers.domain

    async def temporary_master() -> None:
        domain.set_fault(MASTER, Fault.MASTER_DEAD)
        domain.run(TEMPORARY, ("convert", "-v", "master"))
        domain.hosts[MASTER].faults.clear()
        domain.run(MASTER, ("convert", "-v", "client"))
        domain.remove_data(MASTER)
        domain.hosts[MASTER].is_registered = True
        domain.run(MASTER, ("convert", "-v", "server"))
        domain.run(TEMPORARY, ("Boot", "-k"))
        domain.run(TEMPORARY, ("Boot",))
        domain.advance(domain.now + 300.0)
        domain.epoch -= 300.0
        await live.servers.update_listeners()

    live.do(temporary_master())
    code, printed = live.rehearse("failback", MASTER, "--output", "json")
    rehearsal = json.loads(printed)
    assert (code, rehearsal["exit_code"], rehearsal["differences"]) == (0, 0, []), printed
    assert {step["outcome"] for step in rehearsal["steps"]} == {"done"}
    assert len(rehearsal["steps"]) == len(rehearsal["live"]["plan"]["steps"])
    roles = {host["host"]: host["role"] for host in rehearsal["hosts"]}
    assert (roles[MASTER], roles[TEMPORARY]) == ("master", "replica")
    assert rehearsal["truth"] == {"masters": [MASTER], "breaches": [], "accepted": []}


def test_what_is_broken_on_the_way_breaks_for_real(live: Live) -> None:
    """A connection is cut in the middle of a command, and the record tells what became of it."""
    live.do(live.servers.set_fault(MASTER, Fault.MASTER_DEAD))
    words = ("promote", TEMPORARY, *ACCEPTED, "--reason", "its machine is off")
    code, printed = live.rehearse(*words, "--inject", "cut-during@3")
    assert code == 0, printed
    assert f"{TEMPORARY}: channel" in printed
    assert "Injected: cut-during at step 3 (connection cut while the command runs)" in printed


def test_real_gates_answer_as_the_twins_gates_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind OpenSSH and gate.sh: roles, numbers, settings, findings and steps come out the same on the twin."""
    with running_fleet(quiet_layout("REPHOST2", client="CLIENT1")) as fleet:
        terminal = Terminal(fleet, tmp_path, capsys)
        code = run(
            [
                "failover",
                "rehearse",
                "promote",
                "REPHOST2",
                "--dead",
                MASTER,
                "--output",
                "json",
                *("--config.file", str(terminal.config)),
            ]
        )
    printed = json.loads(capsys.readouterr().out)
    # Its hosts share one address, so no witness can tell which of them it reaches.
    matters = [each["name"] for each in printed["supposed"]["findings"] if each["level"] != "note"]
    assert (code, printed["differences"], matters) == (11, [], ["old_master_unproven"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("explode", TEMPORARY),
            "'explode' is not one of 'add-replica', 'promote', 'retire', 'failback', 'switchover'",
        ),
        (
            ("promote", "ABSENT"),
            "ABSENT is no host of the domain; there are: MASTER1, REPHOST2, REPHOST3, REPHOST4",
        ),
        (("promote", TEMPORARY, "--inject", "bang@3"), "killed-before-request  killed before the request"),
        (("switchover", TEMPORARY, "--inject", "hangs@99"), "hangs cannot happen at step 99, which does not exist"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(live: Live, words: tuple[str, ...], message: str) -> None:
    """Wrong words end with 2, and say what there is."""
    code, printed = live.rehearse(*words)
    assert (code, message in printed) == (2, True), printed
