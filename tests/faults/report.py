"""Run the whole matrix and write docs/failover-faults.md: `python -m tests.faults.report [--check] [PROCEDURE...]`."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from boks_exporter.failover.procedure import Procedure
from boks_exporter.simulator.domain.invariants import Invariant
from scripts.generated_blocks import ROOT, blocks_of, filled_page
from tests.faults.case_result import Story
from tests.faults.cases import Case, cases, cases_of_others
from tests.faults.faults import FaultKind
from tests.faults.known_broken import CASES
from tests.faults.matrix import run_case

PAGE: Final = ROOT / "docs" / "failover-faults.md"
PROCESSES: Final = 2


def every_case(procedures: Iterable[Procedure] = Procedure) -> Iterator[Case]:
    """List the whole matrix."""
    for procedure in procedures:
        yield from cases(procedure)


def every_case_of_others(procedures: Iterable[Procedure] = Procedure) -> Iterator[Case]:
    """List what others and the network do meanwhile; the page counts these cases in a table of their own."""
    for procedure in procedures:
        yield from cases_of_others(procedure)


def run_all(listed: list[Case]) -> list[Story]:
    """Live through many cases, on as many processors as there may be."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        return list(pool.map(run_case, listed, chunksize=8))


def page(stories: list[Story]) -> str:
    """Return the page with the figures of these cases."""
    breaches = Counter(breach.invariant for story in stories for breach in story.breaches)
    wrong = [story for story in stories if story.wrong]
    twice = sum(story.case.second is not None for story in stories)
    blocks = {
        "totals": (
            f"| cases | {len(stories)} |",
            "|---|---|",
            *(f"| {invariant.replace('_', ' ')} | {breaches[invariant]} |" for invariant in Invariant),
            f"| cases with an untrue exit code, a lost command or a lost lock | {len(wrong)} |",
        ),
        "procedures": _table("procedure", [(str(procedure), _of(stories, procedure)) for procedure in Procedure]),
        "faults": (
            *_table(
                "fault", [(fault, [story for story in stories if story.case.fault is fault]) for fault in FaultKind]
            ),
            "",
            f"In {twice} of these cases, a second fault struck the first `resume`.",
            *_by_hand(stories),
        ),
    }
    others = Counter(case.fault for case in every_case_of_others())
    blocks["others"] = (
        "| what others and the network do | cases |",
        "|---|---|",
        *(f"| {fault} | {others[fault]} |" for fault in FaultKind if others[fault]),
        f"| all | {others.total()} |",
    )
    return filled_page(PAGE, {**blocks_of(PAGE.read_text(encoding="utf-8")), **blocks})


def _of(stories: list[Story], procedure: Procedure) -> list[Story]:
    return [story for story in stories if story.case.procedure is procedure]


def _table(title: str, groups: list[tuple[str, list[Story]]]) -> Iterator[str]:
    ends = ("done", "as before", "refused", "by hand")
    yield f"| {title} | cases | {' | '.join(ends)} | invariants broken |"
    yield f"|---|---|{'---|' * (len(ends) + 1)}"
    for name, stories in ((name, stories) for name, stories in groups if stories):
        counts = Counter(story.ended for story in stories)
        broken = sum(bool(story.breaches) for story in stories)
        yield f"| {name} | {len(stories)} | {' | '.join(str(counts[end]) for end in ends)} | {broken} |"


def _by_hand(stories: list[Story]) -> Iterator[str]:
    left = [story for story in stories if story.ended == "by hand"]
    if left:
        yield ""
        yield "## What is left to people"
        for story in left:
            yield f"\n* {story.case}. It ends with: {'; '.join(story.sentences[-2:]) or 'nothing'}"


def main(arguments: list[str]) -> int:
    """Run the matrix, write the page, and fail where the broken cases are not those of the list."""
    chosen = [Procedure(word) for word in arguments] or list(Procedure)
    began = time.monotonic()
    own, others = list(every_case(chosen)), list(every_case_of_others(chosen))
    stories = run_all([*own, *others])
    for story in stories:
        if story.wrong:
            sys.stdout.write("\n    ".join([str(story.case), *story.wrong, *story.sentences]) + "\n")
    if chosen == list(Procedure):
        PAGE.write_text(page(stories[: len(own)]), encoding="utf-8")
    broken = sum(bool(story.breaches) for story in stories)
    wrong = sum(bool(story.wrong) for story in stories)
    took = time.monotonic() - began
    sys.stdout.write(f"{len(stories)} cases in {took:.0f} s, invariants broken: {broken}, wrong: {wrong}\n")
    found = {str(story.case) for story in stories if story.wrong}
    known = CASES & {str(story.case) for story in stories}
    for case in sorted(found ^ known):
        sys.stdout.write(f"{'no longer broken' if case in known else 'broken, and not in the list'}: {case}\n")
    return 1 if found != known else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
