"""Write docs/failover-rehearsal.md from the faults that can be injected and rehearsals that are played; a test compares."""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "failover-rehearsal.md"
sys.path.insert(0, str(ROOT))

# ruff: noqa: E402 - found by the path that is set above
from boks_exporter.cli.failover.rehearsal_output import rehearsal_text
from boks_exporter.cli.failover.rehearse_command import Reader
from boks_exporter.failover.runner import Order, propose
from boks_exporter.failover.words import Procedure
from boks_exporter.rehearsal.environment import Known
from boks_exporter.rehearsal.fault_injection import OF_REQUESTS, StepFault
from boks_exporter.rehearsal.fault_spec import wish_of
from boks_exporter.rehearsal.rehearsal_report import Rehearsal
from boks_exporter.rehearsal.rehearse import rehearse_there
from scripts.generate_failover_doc import Stage
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_twin import virtual_twin

INTRODUCTION: Final = """\
# Rehearsing a failover

<!-- Written by scripts/generate_rehearsal_doc.py from the faults and from rehearsals on simulated hosts; change it there. -->

`boks-exporter failover rehearse PROCEDURE HOST` does a procedure to its end on a simulated twin of your domain as it is
now, and shows every step, how long it took, and how the domain stands afterwards. **No host is changed.**

```
boks-exporter failover rehearse promote replica1 --dead master1               by day: as if the master were off
boks-exporter failover rehearse promote replica1                              at night, before you do it
boks-exporter failover rehearse failback master1 --inject reboots@4           what if the host reboots in step 4?
boks-exporter failover rehearse switchover replica1 --inject hangs@convert-client --then abort
```

A whole domain of ten hosts takes a quarter of a minute or so: the twin's time hurries while nobody does anything.

## What it does

1. It looks at the live domain as `failover plan` does, over both gates, by requests that cannot change anything.
   The journal is only read, for open runs and the last one. Nothing is written on any host, nor into the journal.
2. It shows the findings. What refuses the real command refuses the rehearsal, with the same exit code. `--accept NAME
   --reason TEXT` accepts, as in the real command.
3. It builds the twin, and serves its hosts as SSH servers on 127.0.0.1, each with the gate that reads and the operator's.
4. It plans on the twin. If facts, findings or steps are not those of the live plan, it says in what, line by line. If the
   steps are others, nothing is rehearsed.
5. It applies the twin's plan by its fingerprint, breaks what you want broken, and then types what the program prints,
   until no run is open or nothing helps.
6. It shows the steps with their durations, the twin afterwards, and the simulator's own truth: whether two masters ever
   ran, whether a last copy was removed. If one of these broke, it ends with 1: report it.

## What of it is real, and what is not

| real | not real |
|---|---|
| the look at your domain: roles, states, numbers, list, settings, error log, gates, witnesses, locks | the hosts: BoKS's commands are simulated after what is published (K1456) |
| plan, guards, fingerprint, runner, proofs, undo, resume, abort: the same code, unchanged | the operator's gate: the simulator's, tested against gate.sh answer by answer, but not gate.sh itself |
| SSH: keys, connections, forced commands, connections that are cut | your network, your sudo rules, your machines' speed |
| the journal's code, in a file that is thrown away | your hooks and maintenance windows: none is called or set |
| the order of the steps, what each needs and proves | **durations**: a conversion takes 3 s, Boot 2 s, a copy about a minute, an exchange four times what it takes on this machine |

The durations are the twin's seconds. They tell what waits for what, not how long your hosts take.

The twin takes over who is master, replica and client, who answers and how the others fail, sequence numbers and stamps
of every table, what the master lists, who is registered, SHM_SIZE, BRIDGE_ACCEPT_MASTER_IPS, method.conf, the end of the
error logs, whether BoKS runs, locks, and how often the master writes. What nobody can see is assumed:

* a host that does not answer is switched off if it was the master and no witness reaches it, else only out of reach;
* a replica that lags catches up, one that has diverged does not;
* a replica that is listed as DOWN though its BoKS runs is mended by a restart;
* a client with a database has an old copy of the master's;
* where a step waits for somebody, somebody comes after a minute: who changes the host's type, or runs the script at the
  console. A command that hangs is ended by hand once a resume has said that it still runs.

## As if a host were dead

`--dead HOST` lets the machine of a host be off on the twin, where it lives in fact. May be repeated. The twin is compared
with the live domain first; then the host dies, and a minute later the plan is made. Findings are then those of the twin.
"""

ENDING: Final = """\
## Exit codes

As the real run would end: [the table of failover](failover.md#exit-codes). With `--inject` it is the code of the run that
was broken; how `resume` or `abort` ended is shown. A run that is killed has none, 23 stands for it. An unknown procedure,
host, fault or step ends with 2 and says what there is.

## JSON

`--output json` prints one object at the end: `exit_code`, `live` (as `plan` prints it), `supposed` (the same for `--dead`,
with `dead`; else null), `rehearsed`, `differences`, `inject` (`fault`, `step`, `happened`), `commands` (`command`, `killed`,
`exit_code`, `run`, `sentences`), `steps` (`number`, `key`, `host`, `phase`, `attempt`, `outcome`, `seconds`, `sentence`,
`exit_status`), `seconds`, `open_run`, `hosts` (the twin afterwards), `truth` (`masters`, `breaches`, `accepted`). Keys are only
ever added.
"""


def page() -> str:
    """Write the whole page."""
    with tempfile.TemporaryDirectory() as directory:
        shown = run_virtually(_day(Stage.in_directory(Path(directory))))
    return "\n".join((INTRODUCTION, *_faults(), ENDING, *shown))


def _faults() -> Iterator[str]:
    yield "## Breaking a step\n"
    yield "`--inject FAULT@STEP`; the step by its number or its key. What each of them does to each step of each procedure is"
    yield "in [failover-faults.md](failover-faults.md).\n"
    yield "| fault | what happens | at which steps |"
    yield "|---|---|---|"
    for fault in StepFault:
        yield f"| `{fault.word}` | {fault} | {'that tell a host something' if fault in OF_REQUESTS else 'all'} |"
    yield ""
    yield "`--then resume` (as is usual) or `--then abort` says what is typed first where the run stays open.\n"


async def _day(stage: Stage) -> list[str]:
    """Look at a sound domain, and rehearse the death of its master; then the same with the program killed."""
    await VirtualClock().sleep(4000.0)
    stage.domain.advance(VirtualClock().monotonic())
    await stage.survey.look()
    await VirtualClock().sleep(30.0)
    shown = ["## As it prints\n", "By day, on simulated hosts:\n", *await _rehearsed(stage, "")]
    broken = await _rehearsed(stage, "killed-after-request@convert-master")
    begin = next(number for number, line in enumerate(broken) if line.startswith("twin$"))
    return [
        *shown,
        "From the first command on, when the program is killed in the third step:\n",
        "```",
        *broken[begin:],
    ]


async def _rehearsed(stage: Stage, inject: str) -> list[str]:
    survey, dead = stage.survey, ("master1",)
    known = Known(
        settings=survey.domain,
        limits=survey.limits,
        timeout_seconds=20.0,
        history=survey.history,
        last_known_master="master1",
        readings=dict(survey.readings),
    )
    order = Order(procedure=Procedure.PROMOTE, target="replica1")
    fresh = replace(survey, history=known.history, readings=dict(known.readings), last_known_master="master1")
    live = await propose(fresh, order.procedure, order.target, known.limits)
    lines: list[str] = []
    begun = Rehearsal(live=live, wish=wish_of(inject, "resume") if inject else None, dead=dead)
    rehearsal = await rehearse_there(known, begun, order, Reader(order, dead, lines.extend), virtual_twin)
    command = "$ boks-exporter failover rehearse promote replica1 --dead master1"
    told = [command + (f" --inject {inject}" if inject else ""), *lines, *rehearsal_text(rehearsal)]
    return ["```", *(line.rstrip() for line in told), "```\n"]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
