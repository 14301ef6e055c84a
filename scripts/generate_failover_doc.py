"""Write docs/failover.md from the procedures' tables, the guards and runs on simulated hosts; a test compares."""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "failover.md"
sys.path.insert(0, str(ROOT))

# ruff: noqa: E402 - found by the path that is set above
from boks_exporter.cli.failover.text import proposal_text
from boks_exporter.config import DomainSettings
from boks_exporter.failover.client import ChangingGates, LookingGates, LookOnly
from boks_exporter.failover.facts import JournalView
from boks_exporter.failover.findings import RULES
from boks_exporter.failover.journal import Journal, Who
from boks_exporter.failover.procedures.rows import Kind, Row
from boks_exporter.failover.procedures.tables import RETIRE_AT_CONSOLE, TABLES
from boks_exporter.failover.procedures.transitions import TRANSITIONS
from boks_exporter.failover.runner import Order, Proposal, Runner, Tools, propose
from boks_exporter.failover.runner.console import retire_script
from boks_exporter.failover.runner.verifying import verified
from boks_exporter.failover.survey import Survey
from boks_exporter.failover.words import EXITS, Exit, Limits, Procedure
from boks_exporter.model import Host
from boks_exporter.remote.settings import RemotePaths, SshSettings
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.virtual_operator import VirtualOperator
from boks_exporter.simulator.virtual_time import VirtualClock, run_virtually
from boks_exporter.simulator.virtual_transport import VirtualTransport

_ROLES: Final = {
    "master1": Boksinit.MASTER,
    "replica1": Boksinit.SERVER,
    "replica2": Boksinit.SERVER,
    "replica3": Boksinit.SERVER,
}
_LIMITS: Final = Limits(cool_down_seconds=0.0)

INTRODUCTION: Final = """\
# Failover

<!-- Written by scripts/generate_failover_doc.py from the procedures, the guards and runs on simulated hosts; change it
there. -->

## At night

The master is dead, and nobody can repair it within a few hours.

1. `boks-exporter failover candidates` ranks the replicas and says what speaks against each.
2. `boks-exporter failover promote HOST` shows the plan. **Nothing is changed.** Read the findings.
3. On a terminal, type the host's name when it asks. Or give the fingerprint that stands at the end:
   `boks-exporter failover promote HOST --apply FINGERPRINT`.
4. Keep the old master from booting. Before it boots: `boks-exporter failover retire OLDMASTER`. It prints a script for the
   console, in single-user mode.
5. `boks-exporter failover add-replica OLDMASTER` makes it a replica. `boks-exporter failover failback OLDMASTER` makes it
   the master again, in daylight.

Whatever goes wrong, the last lines say what to type next. Every failover command says first which run is open, and what to
type for it.

## What it will never do

* **Two masters.** A host becomes master only after every known host was asked and none says that it is one, and after the
  old one is proven out: by its own word, or because no replica reaches its port.
* **Lose the last copy.** A database is never deleted. It is moved aside on the same host, into
  `data/removed-RUN.STEP`, only on a client, and only while the one master has every update that it has.
* **Force.** There is no `--force`. A finding is accepted by its own name and with a reason, and that is journaled. Some can
  be accepted by nobody.

## How it works

* **Showing is the default.** Without `--apply` a command holds nothing that could change a host.
* **The fingerprint** stands for the facts and the steps: roles, states, SHM_SIZE, findings, every request. Numbers, times
  and ages are not in it, or it would never hold on a busy domain. `--apply` looks again, locks, looks once more, and
  refuses with the difference if anything in it is not as it was.
* **Locks** lie in the journal and on every server, so that two operators on two machines meet. They do not expire.
  `failover locks` shows them. `failover break-lock RUN HOST` takes one away, by name only.
* **Each step** is written into the journal, sent with an id, and proven by looking. The host runs an id once, whatever
  becomes of the connection. A command that says 0 and did nothing has failed; one that says 1 and did it has not.
* **A run stays open** where it could not end. Its locks stay. `failover resume RUN` looks first and goes on; `failover
  abort RUN` undoes what can be undone, last step first, and says what cannot. `failover forget RUN --reason …` closes a
  run whose hosts are gone for good.
* **To stop a run**, press Ctrl-C once. It ends the step that it is at, writes it down, and says what to type. SIGTERM and
  a lost terminal do the same. A second Ctrl-C leaves at once: what a host has begun goes on there, and `resume` asks it.
* **A change of masters takes a quiet moment.** Before the old master is stopped, the command waits until nothing is written
  (`failover.quiet` in the configuration). If something was written all the same, the old master is started again and another
  moment is tried, three times. Pick a quiet hour.
* **What was written last** is known only from a master that stands still. Whether BoKS shows its numbers while it is stopped
  is not published. If it does not, the change goes back and says so; whoever is sure that nothing was written may
  `--accept behind_last_master`.
* **Maintenance** is set for the hosts that a run works on, and ends with it, or by itself after four hours.
  `boks-exporter maintenance start HOST --for 2h --reason …` sets it by hand. Alerts about the host are held back; the
  status page, its JSON and `boks-exporter status` show host, end, owner and reason.
* **Hooks** of the configuration hear of a run: `before` (a status other than 0 stops it), `after`, `on_failure`. The facts
  are in `BOKS_FAILOVER_RUN`, `…_DOMAIN`, `…_PROCEDURE`, `…_TARGET`, `…_MASTER`, `…_FINGERPRINT`, `…_OWNER`, `…_OUTCOME`,
  `…_EXIT` and `…_MESSAGE`.

## Before the first time

* The operator's key and gate on every host: `boks-exporter gate install --operator`, or [deploy/ssh/OPERATOR.md](../deploy/ssh/OPERATOR.md).
* A section `failover` in the configuration: [configuration.md](configuration.md). The journal's directory must be writable for
  the operators; where the exporter may read it too, its metrics and alerts know of runs and maintenance.
* Let the configuration lie at `/etc/boks-exporter/config.yaml`, or set `BOKS_EXPORTER_CONFIG_FILE`: the commands that are
  printed to be typed next do not repeat `--config.file`.
* Give the command the exporter's `state_file` to read: it holds what the master had before it died, and which replica
  had gone its own way.
* Rehearse it by day: `failover rehearse promote HOST --dead MASTER` changes nothing: [failover-rehearsal.md](failover-rehearsal.md).
"""

JSON: Final = """\
## JSON

Every command takes `--output json`. Keys are only ever added; null means not known. Times are Unix seconds.

| command | keys |
|---|---|
| a procedure without `--apply`, `plan` | `exit_code`, `fingerprint`, `domain`, `domain_state`, `seen_timestamp_seconds`, `hosts`, `witnesses`, `findings`, `plan` (`steps` with the exact `request`, `needs`, `prefers`, `proves`, `undo`, `point_of_no_return`), `basis`: what the fingerprint stands for |
| with `--apply`, `resume`, `abort`, `forget` | `exit_code`, `run`, `sentences` |
| `candidates` | a list, the best first: `host`, `site`, `promotion`, `behind_best_sequences`, `free`, `findings` |
| `verify` | a list: `check`, `truth` (`yes`, `no`, `unknown`), `sentence` |
| `history` | a list: `run`, `domain`, `procedure`, `target`, `outcome`, `open`, `started_timestamp_seconds`, `ended_timestamp_seconds`, `user`, `sudo_user`, `terminal`, `host`, `reason`, `fingerprint`, `message` |
| `show` | those of `history`, and `plan`, `findings`, `acceptances`, `steps` (every attempt with `id`, `request`, `outcome`, `sentence`, `exit_status`, `output`) |

A finding has `name`, `level` (`refuse`, `unknown`, `note`), `host`, `sentence`, `value`, `limit`, `source`, `age_seconds`,
`acceptable` and `accepted`.
"""

_TITLES: Final = {
    Procedure.PROMOTE: "A replica becomes master because the master is gone (K1456).",
    Procedure.RETIRE: "An old master becomes a client before it boots fully (K1456).",
    Procedure.ADD_REPLICA: "A client becomes a replica (K1456).",
    Procedure.FAILBACK: "The original master takes over again; the temporary one becomes its replica. The same steps as switchover.",
    Procedure.SWITCHOVER: "A replica takes over from a master that lives.",
    Procedure.REBUILD: "A replica that has diverged or is ahead loads the master's database anew (K1262).",
    Procedure.VERIFY: "The check after a promotion, at any time; changes nothing and is not journaled.",
}


@dataclass
class Stage:
    """A simulated domain on virtual time, and what a terminal shows of the runs on it."""

    directory: Path
    domain: SimulatedDomain
    way: VirtualOperator
    survey: Survey
    lines: list[str] = field(default_factory=list)
    tokens: Iterator[str] = field(default_factory=lambda: (f"{n:08x}" for n in range(1, 100)))

    @classmethod
    def in_directory(cls, directory: Path) -> "Stage":
        """Set up one master and three replicas; nothing is written."""
        plans = tuple(
            HostPlan(name=name, address=f"192.0.2.{number}", role=role, site="Utrecht")
            for number, (name, role) in enumerate(_ROLES.items(), 1)
        )
        layout = Layout(hosts=plans, tables=(1, 6), writes_per_second=0.0, loading_seconds=30.0)
        domain = SimulatedDomain(layout, seed=1)
        way = VirtualOperator(OperatorGates(domain))
        hosts = tuple(Host(plan.name, plan.address, site=plan.site) for plan in plans)
        settings = DomainSettings(name="prod", transport=SshSettings(user="boksmon"), hosts=hosts)
        transport = VirtualTransport(domain, seed=1)
        survey = Survey(settings, transport, LookingGates(LookOnly(way)), VirtualClock(), _LIMITS)
        return cls(directory, domain, way, survey)

    async def plan(self, procedure: Procedure, target: str) -> Proposal:
        """Show a plan."""
        proposal = await propose(self.survey, procedure, target, _LIMITS)
        self.lines = [f"$ boks-exporter failover {procedure} {target}", *proposal_text(proposal, ())]
        return proposal

    async def apply(self, procedure: Procedure, target: str) -> list[str]:
        """Apply it; returns what is printed."""
        with Journal(self.directory / "journal") as journal:
            self.survey.journal = lambda: journal.view("prod")
            proposal = await propose(self.survey, procedure, target, _LIMITS)
            said = [f"$ boks-exporter failover {procedure} {target} --apply {proposal.fingerprint}"]
            runner = Runner(self._tools(journal, said))
            result = await runner.apply(Order(procedure=procedure, target=target), proposal.fingerprint)
            if result.exit is not Exit.DONE:
                message = f"{procedure} {target} should have ended well: {result}"
                raise RuntimeError(message)
            return [*said, *result.sentences]

    def _tools(self, journal: Journal, said: list[str]) -> Tools:
        return Tools(
            survey=self.survey,
            looking=self.survey.gates,
            changing=ChangingGates(self.way),
            journal=journal,
            clock=VirtualClock(),
            who=Who(user="root", sudo_user="anna", terminal="pts/1", host="ops7"),
            limits=_LIMITS,
            say=said.append,
            token=lambda: next(self.tokens),
        )

    def register(self, host: str, master: str) -> None:
        """Change a host's type, as an administrator does in the database."""
        self.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))


async def _night(stage: Stage) -> dict[str, list[str]]:
    """Play a night: death, promotion, return, failback; and a rebuild."""
    shown: dict[str, list[str]] = {}
    for _ in range(3):
        await stage.survey.look()
        await VirtualClock().sleep(30.0)
    stage.domain.set_fault("master1", Fault.MASTER_DEAD)
    await VirtualClock().sleep(60.0)
    await stage.plan(Procedure.PROMOTE, "replica1")
    shown["plan"] = stage.lines
    shown[Procedure.PROMOTE] = await stage.apply(Procedure.PROMOTE, "replica1")
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
    stage.survey.journal = JournalView
    checks = await verified(stage.survey, _LIMITS)
    words = [f"{each.proven.truth:<8} {each.what}: {each.proven.sentence}" for each in checks]
    shown[Procedure.VERIFY] = ["$ boks-exporter failover verify", *words]
    return shown


def page() -> str:
    """Write the whole page."""
    with tempfile.TemporaryDirectory() as directory:
        shown = run_virtually(_night(Stage.in_directory(Path(directory))))
    parts = [INTRODUCTION, *_exits(), JSON, *_guards(), "## Procedures\n"]
    parts += [*_transitions(), "What a plan looks like:\n", *_transcript(shown["plan"])]
    for procedure, title in _TITLES.items():
        parts += [f"### {procedure}\n", f"{title}\n", *_table(TABLES[procedure])]
        if procedure is Procedure.RETIRE:
            parts += _console()
        parts += ["As it prints, on simulated hosts:\n", *_transcript(shown[procedure])]
    return "\n".join(parts)


def _exits() -> Iterator[str]:
    yield "## Exit codes\n"
    yield "| code | meaning |"
    yield "|---|---|"
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in EXITS.items())
    yield ""


def _guards() -> Iterator[str]:
    yield "## Guards\n"
    yield (
        "All are asked before every run, and all that they find is told, with value, limit, source and age as they are. "
        "What cannot be\nknown is a finding of its own, never a pass. The names are those that `--accept` takes.\n"
    )
    yield "| name | passes when | because | can be accepted |"
    yield "|---|---|---|---|"
    for guard, rule in RULES.items():
        may = "yes" if rule.acceptable else "**never**"
        yield f"| `{guard}` | {rule.meaning} | {rule.reason} | {may}: {rule.because} |"
    yield ""


def _transitions() -> Iterator[str]:
    yield "Roles change in these ways and in no other:\n"
    yield "| from | to | |"
    yield "|---|---|---|"
    yield from (f"| {each.before} | {each.after} | {each.sentence} |" for each in TRANSITIONS)
    yield ""


def _table(rows: tuple[Row, ...]) -> Iterator[str]:
    yield "| step | on | sent | purpose | undone by |"
    yield "|---|---|---|---|---|"
    for row in rows:
        sent = f"`{row.do}`" if row.do else ("by hand" if row.kind is Kind.CONSOLE else "nothing: it waits")
        undo = f"`{row.undo}`" if row.undo else ("" if row.kind is Kind.WAIT else row.no_undo)
        mark = "**point of no return:** " if row.point_of_no_return else ""
        yield f"| {row.key} | {row.on} | {sent} | {row.purpose} | {mark}{undo} |"
    yield ""


def _console() -> Iterator[str]:
    yield "Where SSH does not reach the old master, because it stands in single-user mode, there is one step:\n"
    yield from _table(RETIRE_AT_CONSOLE)
    yield (
        "The script can be typed or pasted, checks itself, and prints a confirmation code at its very end. The command waits "
        "for the code,\nand then for the host to come up, and proves by looking that role and files are as they must be:\n"
    )
    yield from _transcript(retire_script("20261124-201512-retire-3f9a01c7", "master1", 1, RemotePaths()).splitlines())


def _transcript(lines: list[str]) -> Iterator[str]:
    yield "```"
    yield from (line.rstrip() for line in lines)
    yield "```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
