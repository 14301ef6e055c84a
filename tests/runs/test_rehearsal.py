"""A rehearsal ends as the run on the domain itself does, says what it says, and touches nothing of it."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from boks_exporter.cli.failover.rehearsal_output import rehearsal_json, rehearsal_text
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Acceptances, Guard
from boks_exporter.failover.runner import Order, Proposal, RunResult
from boks_exporter.rehearsal.fault_injection import StepFault
from boks_exporter.rehearsal.fault_spec import RehearsalError, parse_fault_spec
from boks_exporter.rehearsal.rehearsal_report import Rehearsal
from boks_exporter.rehearsal.rehearse import rehearse_there
from boks_exporter.rehearsal.ssh_twin import FAST_FORWARD, PACE, TwinClock
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import Breach, Invariant
from tests.nonempty import nonempty
from tests.unit.failover_world import MASTER, World, virtually
from tests.unit.rehearsal_cases import CASES, looked_at
from tests.virtual.virtual_twin import virtual_twin


@dataclass
class Reader:
    """The reader of a rehearsal's output."""

    said: list[str] = field(default_factory=list)

    def show_live(self, proposal: Proposal) -> None:
        self.said.append(f"live {proposal.fingerprint}")

    def show_differences(self, differences: tuple[str, ...]) -> None:
        self.said.append(f"twin {differences}")

    def show_hypothetical(self, dead: tuple[str, ...], proposal: Proposal) -> None:
        self.said.append(f"without {' '.join(dead)}: {len(proposal.plan.steps)} steps")

    def show_line(self, line: str) -> None:
        self.said.append(line)


@dataclass
class Night:
    """One case, to be rehearsed and then lived through."""

    path: Path
    case: str
    accepted: tuple[Acceptance, ...] = ()
    reader: Reader = field(default_factory=Reader)

    async def rehearsed(self, inject: str = "", then: str = "resume", dead: tuple[str, ...] = ()) -> Rehearsal:
        """Rehearse it; nothing is told to the domain itself, and it stays as it is."""
        procedure, target, changes = CASES[self.case]
        self.world = World.at(self.path)
        self.known, live = known, _ = await looked_at(self.world, procedure, target, changes, warm=True)
        self.order = Order(procedure=procedure, target=target, accepted=self.accepted, reason="a test")
        before = (self.world.roles(), self.world.locks(), len(self.world.way.heard))
        begun = Rehearsal(live=live, injected=parse_fault_spec(inject, then) if inject else None, dead=dead)
        rehearsal = await rehearse_there(known, begun, self.order, self.reader, virtual_twin)
        assert (self.world.roles(), self.world.locks(), len(self.world.way.heard)) == before
        return rehearsal

    async def lived(self) -> RunResult:
        """Do the same on the domain itself, where somebody has registered the old master meanwhile."""
        self.world.domain.hosts[MASTER].is_registered = True
        survey = replace(self.world.survey(), history=self.known.history, readings=dict(self.known.readings))
        return await self.world.apply(self.order.procedure, self.order.target, *self.accepted, survey=survey)


OFF = Acceptance(Guard.OLD_MASTER_UNPROVEN, "its power is off", MASTER)
BY_HAND = Acceptance(Guard.FORK_POINT_UNKNOWN, "a test")
HERE = Acceptance(Guard.UPDATES_ONLY_HERE, "a test")
ENDS = {
    "a healthy domain": (),
    "the original may come back": (),
    "the master is dead": (OFF,),
    "the old master is back and stopped": (BY_HAND,),
    "a registered client": (),
    "a replica is down": (),
    "a replica is ahead": (HERE,),
    "a replica is of another generation": (HERE,),
    "odd settings": (),
}


@pytest.mark.parametrize("case", ENDS)
def test_it_ends_as_the_run_does(journals: Path, case: str) -> None:
    """The same exit code, and the same roles afterwards."""
    night = Night(journals, case, ENDS[case])

    async def both() -> tuple[Rehearsal, RunResult]:
        return await night.rehearsed(), await night.lived()

    rehearsal, result = virtually(both)
    assert rehearsal.exit == result.exit, "\n".join(night.reader.said)
    if rehearsal.afterwards is not None:
        found_text = {"server": "replica", "master": "master", "client": "client"}
        shown = {host.name: rehearsal.afterwards.role(host.name) for host in rehearsal.afterwards.snapshot.hosts}
        dead = {name for name, host in night.world.domain.hosts.items() if Fault.MASTER_DEAD in host.faults}
        assert shown == {
            name: "unknown" if name in dead else found_text[role] for name, role in night.world.roles().items()
        }


ONE_OF_EACH_KIND = (
    StepFault.KILLED_BEFORE_OUTCOME,
    StepFault.FAILS_IN_THE_MIDDLE,
    StepFault.GARBLED_REPLY,
    StepFault.REBOOTS,
    StepFault.OTHER_OPERATOR,
    StepFault.DISK_FULL_AFTER,
)


@pytest.mark.parametrize("fault", ONE_OF_EACH_KIND)
def test_a_broken_run_reports_how_it_ends_and_what_comes_next(journals: Path, fault: StepFault) -> None:
    """Every fault happens at the step that is named, no invariant is broken, and no run is left open."""
    night = Night(journals, "a registered client")
    rehearsal = virtually(lambda: night.rehearsed(f"{fault.word}@convert-server"))
    assert (rehearsal.happened, rehearsal.breaches, rehearsal.still_open) == (True, (), None)
    assert rehearsal.differences == ()
    first, last = rehearsal.commands[0], rehearsal.commands[-1]
    assert rehearsal.exit == (first.result.exit if first.result else Exit.RESULT_UNKNOWN)
    assert last.result is not None
    assert last.result.exit in {Exit.DONE, Exit.UNCHANGED}, "\n".join(night.reader.said)
    assert {"resume"} >= {played.command.split()[0] for played in rehearsal.commands[1:]}


def test_after_an_abort_it_is_as_before(journals: Path) -> None:
    """What is typed first can be chosen."""
    night = Night(journals, "a registered client")
    rehearsal = virtually(lambda: night.rehearsed("killed-after-request@convert-server", then="abort"))
    assert [each.command.split()[0] for each in rehearsal.commands] == ["add-replica", "abort"]
    assert "(the program is killed here)" in night.reader.said
    assert rehearsal.afterwards is not None
    assert rehearsal.afterwards.role("c1") == "client"


def test_the_operator_goes_to_the_console(journals: Path) -> None:
    """Where SSH does not reach an old master, the printed script is run on the twin, and a poll proves that it ran."""
    night = Night(journals, "the old master is in single-user mode", (HERE,))
    rehearsal = virtually(night.rehearsed)
    assert "(at the console of m1: the script is run, and the host is booted)" in night.reader.said
    assert (rehearsal.exit, rehearsal.breaches) == (Exit.DONE, ()), "\n".join(night.reader.said)
    assert rehearsal.afterwards is not None
    assert rehearsal.afterwards.role(MASTER) == "client"


def test_what_hangs_is_ended_by_hand_once_resuming_has_not_helped(journals: Path) -> None:
    """A person goes there only after the program has said that the command still runs."""
    night = Night(journals, "a registered client")
    rehearsal = virtually(lambda: night.rehearsed("hangs@convert-server"))
    assert [int(each.result.exit) for each in rehearsal.commands if each.result] == [23, 23, 0]
    assert night.reader.said.count("(by hand: the command that hangs on c1 is ended there)") == 1


def test_a_death_is_rehearsed_by_day(journals: Path) -> None:
    """The master lives; on the twin it dies, the findings are those of the night, and another takes over."""
    night = Night(journals, "a promotion by day", (OFF,))
    rehearsal = virtually(lambda: night.rehearsed(dead=(MASTER,)))
    assert night.reader.said[1:3] == ["twin ()", "without m1: 6 steps"]
    assert (rehearsal.exit, rehearsal.blocking, rehearsal.breaches) == (Exit.DONE, (), ()), "\n".join(night.reader.said)
    assert rehearsal.masters == ("r1",)
    assert rehearsal_json(rehearsal, Acceptances())["supposed"]["dead"] == [MASTER]


def test_who_is_dead_as_well_can_refuse_it(journals: Path) -> None:
    """Whether a host that is off is master is unknown."""
    night = Night(journals, "a promotion by day", (OFF,))
    rehearsal = virtually(lambda: night.rehearsed(dead=(MASTER, "r2")))
    assert (rehearsal.exit, {finding.guard for finding in rehearsal.blocking}) == (
        Exit.FACTS_UNKNOWN,
        {Guard.HOSTS_NOT_ASKED},
    )


def test_what_is_refused_is_not_rehearsed(journals: Path) -> None:
    """Findings end it as they end the command."""
    night = Night(journals, "the master refuses connections and lives")
    rehearsal = virtually(night.rehearsed)
    assert (rehearsal.exit, rehearsal.commands) == (Exit.REFUSED, [])
    assert [*rehearsal_text(rehearsal)] == [
        "Nothing was rehearsed: the real command would be refused in the same way (exit 10)."
    ]
    assert {finding.guard for finding in rehearsal.blocking} == {Guard.OLD_MASTER_REACHABLE, Guard.BEHIND_LAST_MASTER}


@pytest.mark.parametrize(
    ("inject", "message"),
    [
        (
            "hangs",
            "expected FAULT@STEP, such as cut-during@3, found 'hangs'; the faults are:\n  killed-before-request ",
        ),
        ("falls-over@3", "expected FAULT@STEP, such as cut-during@3, found 'falls-over@3'; the faults are:\n"),
        (
            "hangs@1",
            "hangs cannot happen at step 1, which sends no request to a host; it can at these:\n   2  set-shm-size",
        ),
        (
            "hangs@wait-equal",
            "hangs cannot happen at step wait-equal, which sends no request to a host; it can at these:\n",
        ),
        (
            "reboots@99",
            "reboots cannot happen at step 99, which does not exist; it can at these:\n   1  wait-registered on c1",
        ),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(journals: Path, inject: str, message: str) -> None:
    """Nothing is begun."""
    night = Night(journals, "a registered client")
    with pytest.raises(RehearsalError) as error:
        virtually(lambda: night.rehearsed(inject))
    assert str(error.value).startswith(message)
    assert night.reader.said == []


def test_an_unknown_host_is_answered_with_the_known_ones(journals: Path) -> None:
    """The names are those of the configuration and of the master's list."""
    night = Night(journals, "an unknown host")
    with pytest.raises(RehearsalError, match="nowhere is no host of the domain; there are: m1, r1, r2, r3, c1"):
        virtually(night.rehearsed)


def test_what_it_prints_for_a_script_and_a_person(journals: Path) -> None:
    """Steps with their seconds, the fault, the end, and the truth of the simulator; loud where an invariant broke."""
    night = Night(journals, "a registered client")
    rehearsal = virtually(lambda: night.rehearsed("cut-during@3"))
    found_text = json.loads(json.dumps(rehearsal_json(rehearsal, Acceptances())))
    assert found_text["inject"] == {"fault": "cut-during", "step": "3", "happened": True}
    assert [step["outcome"] for step in found_text["steps"]] == ["done"] * len(rehearsal.live.plan.steps)
    assert all(step["seconds"] > 0 for step in nonempty(found_text["steps"]))
    assert (found_text["exit_code"], found_text["rehearsed"], found_text["differences"], found_text["open_run"]) == (
        0,
        True,
        [],
        None,
    )
    assert found_text["truth"] == {"masters": ["m1"], "breaches": [], "accepted": []}
    lines = [*rehearsal_text(rehearsal)]
    assert "Injected: cut-during at step 3 (connection cut while the command runs)" in lines
    assert lines[-1] == "exit 0: as the real run would have ended"
    broken = replace(rehearsal, breaches=(Breach(Invariant.TWO_MASTERS, 1.0, "start c1", ("m1", "c1")),))
    assert "  BROKEN: two_masters at start c1 (m1, c1): report this as a fault" in [*rehearsal_text(broken)]


def test_the_twins_time_is_fast_only_during_a_wait() -> None:
    """As far as it is told to, and no further."""
    wall = [100.0]
    clock = TwinClock(5000.0, lambda: wall[0])
    wall[0] += 1.0
    assert clock.now() == 5000.0 + PACE
    clock.fast_forward(5000.0 + PACE + FAST_FORWARD / 2)
    wall[0] += 1.0
    assert clock.now() == 5000.0 + PACE + FAST_FORWARD / 2 + PACE / 2
    assert clock.monotonic() == clock.now()
