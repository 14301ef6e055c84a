"""Fill docs/failover-rehearsal.md from the faults that can be injected and rehearsals that are played; a test compares."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from boks_exporter.cli.failover.rehearsal_output import rehearsal_text
from boks_exporter.cli.failover.rehearse_command import Reader
from boks_exporter.failover.findings import Acceptance, Guard
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, propose
from boks_exporter.rehearsal.environment import LiveKnowledge
from boks_exporter.rehearsal.fault_injection import OF_REQUESTS, StepFault
from boks_exporter.rehearsal.fault_spec import parse_fault_spec
from boks_exporter.rehearsal.rehearsal_report import Rehearsal
from boks_exporter.rehearsal.rehearse import rehearse_there
from scripts.generate_failover_doc import Stage
from scripts.generated_blocks import ROOT, filled_page, write
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_twin import virtual_twin

PAGE: Final = ROOT / "docs" / "failover-rehearsal.md"


def page() -> str:
    """Return the page with the faults and two rehearsals."""
    with tempfile.TemporaryDirectory() as directory:
        shown = run_virtually(_day(Stage.in_directory(Path(directory))))
    return filled_page(PAGE, {"faults": _faults(), **shown})


def _faults() -> Iterator[str]:
    yield "| fault | what happens | at which steps |"
    yield "|---|---|---|"
    for fault in StepFault:
        yield f"| `{fault.word}` | {fault} | {'that send a request' if fault in OF_REQUESTS else 'all'} |"


async def _day(stage: Stage) -> dict[str, list[str]]:
    """Poll a healthy domain and rehearse a promotion as if its master were dead; then again with the program killed."""
    await VirtualClock().sleep(4000.0)
    stage.domain.advance(VirtualClock().monotonic())
    await stage.survey.observe(JournalView())
    await VirtualClock().sleep(30.0)
    whole = await _rehearsed(stage, "")
    broken = await _rehearsed(stage, "killed-after-request@convert-master")
    begin = next(number for number, line in enumerate(broken) if line.startswith("twin$"))
    return {"rehearsal": whole, "killed": ["```", *broken[begin:]]}


async def _rehearsed(stage: Stage, inject: str) -> list[str]:
    survey, dead = stage.survey, ("master1",)
    known = LiveKnowledge(
        settings=survey.domain,
        limits=survey.limits,
        timeout_seconds=20.0,
        history=survey.history,
        last_known_master="master1",
        readings=dict(survey.readings),
    )
    off = Acceptance(Guard.OLD_MASTER_UNPROVEN, "a rehearsal", "master1")
    order = Order(procedure=Procedure.PROMOTE, target="replica1", accepted=(off,), reason=off.reason)
    fresh = replace(survey, history=known.history, readings=dict(known.readings), last_known_master="master1")
    live = await propose(fresh, order.procedure, order.target, known.limits, known.journal)
    lines: list[str] = []
    begun = Rehearsal(live=live, injected=parse_fault_spec(inject, "resume") if inject else None, dead=dead)
    rehearsal = await rehearse_there(known, begun, order, Reader(order, dead, lines.extend), virtual_twin)
    command = (
        f"$ boks-exporter failover rehearse promote replica1 --dead master1 --accept {off} --reason '{off.reason}'"
    )
    shown = [command + (f" --inject {inject}" if inject else ""), *lines, *rehearsal_text(rehearsal)]
    return ["```", *(line.rstrip() for line in shown), "```\n"]


if __name__ == "__main__":
    write(PAGE, page())
