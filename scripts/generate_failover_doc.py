"""Fill docs/failover.md from the procedures' tables, the guards and runs on simulated hosts; a test compares."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from boks_exporter.cli.failover.text_output import proposal_text
from boks_exporter.failover.failover_exits import EXITS, Exit
from boks_exporter.failover.findings import RULES, Acceptance, Acceptances, Guard
from boks_exporter.failover.journal import Journal, RunOwner
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, When
from boks_exporter.failover.procedures.tables import RETIRE_AT_CONSOLE, TABLES
from boks_exporter.failover.runner import Order, Proposal, Runner, Tools, propose
from boks_exporter.failover.runner.console import retire_script
from boks_exporter.failover.runner.verify import verified
from boks_exporter.failover.survey import Survey
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.remote.settings import RemotePaths
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from scripts.generated_blocks import ROOT, Block, filled_page, write
from scripts.role_transitions import TRANSITIONS
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_twin import virtual_environment

PAGE: Final = ROOT / "docs" / "failover.md"
_ROLES: Final = {
    "master1": Boksinit.MASTER,
    "replica1": Boksinit.SERVER,
    "replica2": Boksinit.SERVER,
    "replica3": Boksinit.SERVER,
}
_LIMITS: Final = FailoverLimits(cool_down_seconds=0.0)


@dataclass
class Stage:
    """A simulated domain on virtual time, and what a terminal shows of the runs on it."""

    environment: TwinEnvironment
    survey: Survey
    lines: list[str] = field(default_factory=list)

    @classmethod
    def in_directory(cls, directory: Path) -> "Stage":
        """Set up one master and three replicas; nothing is written."""
        plans = tuple(
            HostPlan(name=name, address=f"192.0.2.{number}", role=role, site="Utrecht")
            for number, (name, role) in enumerate(_ROLES.items(), 1)
        )
        layout = Layout(hosts=plans, tables=(1, 6), writes_per_second=0.0, loading_seconds=30.0)
        environment = virtual_environment(directory, SimulatedDomain(layout, seed=1), "prod", limits=_LIMITS)
        tokens = count(1)
        environment.token = lambda: f"{next(tokens):08x}"
        return cls(environment, environment.survey(environment.operator))

    @property
    def domain(self) -> SimulatedDomain:
        """The simulated hosts."""
        return self.environment.domain

    async def plan(self, procedure: Procedure, target: str) -> Proposal:
        """Show a plan."""
        proposal = await propose(self.survey, procedure, target, _LIMITS, JournalView())
        self.lines = [f"$ boks-exporter failover {procedure} {target}", *proposal_text(proposal, Acceptances())]
        return proposal

    async def apply(self, procedure: Procedure, target: str, *accepted: Acceptance) -> list[str]:
        """Apply it; returns what is printed."""
        with Journal(self.environment.directory / "journal") as journal:
            proposal = await propose(self.survey, procedure, target, _LIMITS, journal.view("prod"))
            words = "".join(f" --accept {entry} --reason '{entry.reason}'" for entry in accepted)
            said = [f"$ boks-exporter failover {procedure} {target}{words} --apply {proposal.fingerprint}"]
            order = Order(procedure=procedure, target=target, accepted=accepted)
            result = await Runner(self._tools(journal, said)).apply(order, proposal.fingerprint)
            if result.exit is not Exit.DONE:
                message = f"{procedure} {target} should have ended well: {result}"
                raise RuntimeError(message)
            return [*said, *result.sentences]

    def _tools(self, journal: Journal, said: list[str]) -> Tools:
        who = RunOwner(user="root", sudo_user="anna", terminal="pts/1", host="ops7")
        return self.environment.tools(self.survey, self.environment.operator, journal, who, said.append)

    def register(self, host: str, master: str) -> None:
        """Change a host's type, as an administrator does in the database."""
        self.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))


async def _night(stage: Stage) -> dict[str, list[str]]:
    """Play a night: death, promotion, return, failback; and a rebuild."""
    shown: dict[str, list[str]] = {}
    for _ in range(3):
        await stage.survey.observe(JournalView())
        await VirtualClock().sleep(30.0)
    stage.domain.set_fault("master1", Fault.MASTER_DEAD)
    await stage.survey.observe(JournalView())
    await VirtualClock().sleep(40.0)
    await stage.plan(Procedure.PROMOTE, "replica1")
    shown["plan"] = stage.lines
    off = Acceptance(Guard.OLD_MASTER_UNPROVEN, "its power is off", "master1")
    shown[Procedure.PROMOTE] = await stage.apply(Procedure.PROMOTE, "replica1", off)
    stage.domain.hosts["master1"].daemons_running = False
    stage.domain.hosts["master1"].faults.clear()
    stage.domain.connect()
    shown[Procedure.RETIRE] = await stage.apply(Procedure.RETIRE, "master1")
    stage.register("master1", "replica1")
    shown[Procedure.ADD_REPLICA] = await stage.apply(Procedure.ADD_REPLICA, "master1")
    stage.domain.hosts["replica1"].is_registered = True
    shown[Procedure.FAILBACK] = await stage.apply(Procedure.FAILBACK, "master1")
    shown[Procedure.SWITCHOVER] = await stage.apply(Procedure.SWITCHOVER, "replica2")
    shown[Procedure.REBUILD] = await stage.apply(Procedure.REBUILD, "replica3")
    checks = await verified(stage.survey, _LIMITS, JournalView())
    words = [f"{each.proven.truth:<8} {each.what}: {each.proven.sentence}" for each in checks]
    shown["verify"] = ["$ boks-exporter failover verify", *words]
    return shown


def page() -> str:
    """Return the page with the tables of the program and the transcripts of a night."""
    with tempfile.TemporaryDirectory() as directory:
        shown = run_virtually(_night(Stage.in_directory(Path(directory))))
    script = retire_script("20261124-201512-retire-3f9a01c7", "master1", 1, RemotePaths())
    blocks: dict[str, Block] = {
        "exits": _exits(),
        "guards": _guards(),
        "transitions": _transitions(),
        "plan": _transcript(shown["plan"]),
        "console-steps": _table(RETIRE_AT_CONSOLE),
        "console-script": _transcript(script.splitlines()),
        "verify-run": _transcript(shown["verify"]),
    }
    for procedure in Procedure:
        blocks[f"{procedure}-steps"] = _table(TABLES[procedure])
        blocks[f"{procedure}-run"] = _transcript(shown[procedure])
    return filled_page(PAGE, blocks)


def _exits() -> Iterator[str]:
    yield "| code | meaning |"
    yield "|---|---|"
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in EXITS.items())


def _guards() -> Iterator[str]:
    yield "| name | passes when | because | can be accepted |"
    yield "|---|---|---|---|"
    for guard, rule in RULES.items():
        may = "yes" if rule.acceptable else "**never**"
        yield f"| `{guard}` | {rule.meaning} | {rule.reason} | {may}: {rule.because} |"


def _transitions() -> Iterator[str]:
    yield "| from | to | |"
    yield "|---|---|---|"
    yield from (f"| {each.before} | {each.after} | {each.sentence} |" for each in TRANSITIONS)


def _table(rows: tuple[ProcedureStep, ...]) -> Iterator[str]:
    """Write every row with its exact conditions, its rollback and its deadline."""
    yield "| step | on | sent | purpose | needs | proves within | undone by |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        sent = f"`{_shown(row.words)}`" if row.words else _NOTHING_SENT[row.kind]
        purpose = row.purpose + ("" if row.when is When.ALWAYS else f" (only where `{row.when}`)")
        needs = "; ".join((*map(str, row.needs), *(f"preferred: {claim}" for claim in row.moment)))
        proves = f"{row.deadline_seconds:g} s: {'; '.join(map(str, row.proves))}"
        yield f"| {row.key} | {row.host} | {sent} | {purpose} | {needs} | {proves} | {_undone_by(row)} |"


def _undone_by(row: ProcedureStep) -> str:
    """Return the words that undo a row, with what they need, or why there are none."""
    mark = "**point of no return:** " if row.point_of_no_return else ""
    if row.undo:
        needs = "; ".join(map(str, row.undo_needs))
        return f"`{_shown(row.undo)}`" + (f", which needs: {needs}" if needs else "")
    return "" if row.kind is StepKind.WAIT else f"{mark}{row.no_undo}"


_NOTHING_SENT: Final = {
    StepKind.WAIT: "nothing: it waits",
    StepKind.CONSOLE: "by hand",
    StepKind.FENCE: "the fence is called with `off`",
}


def _shown(words: tuple[str, ...]) -> str:
    return " ".join(words)


def _transcript(lines: list[str]) -> Iterator[str]:
    yield "```"
    yield from (line.rstrip() for line in lines)
    yield "```\n"


if __name__ == "__main__":
    write(PAGE, page())
