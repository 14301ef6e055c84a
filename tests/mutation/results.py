"""What became of the changes, and docs/testing.md, which shows it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutation.operators import Change
from tests.mutation.scope import PACKAGES, PROTECTED, PROTECTIVE

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "testing.md"
EQUIVALENT: Final = Path(__file__).with_name("equivalent.txt")

_PAGE: Final = """\
# Tests that notice

<!-- Written by `make mutate`; do not edit. The same code and the same seed give the same page. -->

A test that passes whatever the code does is worth nothing. `make mutate` changes the code, one small change at
a time, and runs the tests that reach the changed line; one of them must fail. It changes what decides:
failover, health, replication, parsing, observation and exposition, and both gates. `make mutate-all` tries
every change.

The kinds of change: a condition of a row dropped, a guard or a branch dropped, one of several conditions
dropped, `and` for `or`, `not` dropped, a comparison turned or its boundary moved, `any` for `all`, a verdict or
a member of an enumeration replaced by its neighbour, a statement dropped (a second poll before a request, a
claim, an entry of the journal), a number or a flag changed, a fixed answer returned early, an element of a
table dropped. Wording is not changed.

Own tool (`tests/mutation/`), because rows of tables are what matters here and both mutmut and cosmic-ray change
functions only or the files in place. Each change is made in memory, in a process that is forked off for it in a
copy of the project; its tests stop at the first that fails. Those that judge the module or run what few others run
right after the change are asked first, then the quickest, at most {depth:g} s of them. A change that runs into its
limit of processor time is noticed. Tests that compare a page of the documentation are not asked.

## This run

{call}. Noticed: a test failed. Equivalent: called so, with the reason below. The share is of the changes that
are not equivalent.

{packages}

## Protections

Every change that takes away a protection of failover is tried in every run: each condition of each row, each
guard, each refusal, each check before a request, each entry that is written before a step, in {protected}.

{protections}

{gates}

## Not noticed

{survivors}

## Called equivalent

{equivalent}
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """A change, and what became of it: detected, timeout, survived or unreached."""

    package: str
    change: Change
    diff: str
    result: str
    test: str
    reason: str = ""
    """Why it is equivalent, where it is called so."""

    @property
    def is_detected(self) -> bool:
        return self.result in {"detected", "timeout"}

    @property
    def is_equivalent(self) -> bool:
        return bool(self.reason) and not self.is_detected

    @property
    def is_protection(self) -> bool:
        return is_protection(self.package, self.change)

    @property
    def is_survivor(self) -> bool:
        return not self.is_detected and not self.is_equivalent


def is_protection(package: str, change: Change) -> bool:
    """Whether a change takes away what keeps failover's promises."""
    return package in PROTECTED and change.operator in PROTECTIVE


def equivalents() -> dict[tuple[str, str], str]:
    """Read which changes are called equivalent, by module and diff, each with the reason."""
    found = {}
    for block in EQUIVALENT.read_text(encoding="utf-8").removeprefix("@ ").split("\n@ "):
        path, *lines = block.removesuffix("\n").split("\n")
        reason = " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
        found[path, "\n".join(line for line in lines if not line.startswith("#"))] = reason
    return found


def earlier(files: Sequence[Path], every: Sequence[tuple[str, Change]]) -> dict[Change, Tried]:
    """Merge the results of earlier runs for the changes that exist.

    Lines elsewhere may have moved since, and the same lines of a module that is gone into another of its package.
    """
    several = [each for file in files for each in json.loads(file.read_text("utf-8"))]
    results = {(each["change"]["path"], each["diff"]): each for each in several}
    moved = {(each["package"], each["diff"]): each for each in several if not (ROOT / each["change"]["path"]).exists()}
    sources = {path: (ROOT / path).read_bytes() for path in {change.path for _, change in every}}
    known, found = equivalents(), {}
    for package, change in every:
        diff = change.diff(sources[change.path])
        if each := results.get((change.path, diff)) or moved.get((package, diff)):
            reason = known.get((change.path, diff), "")
            found[change] = Tried(package, change, diff, each["result"], each["test"], reason)
    return found


def is_python(change: Change) -> bool:
    """Whether the changed module can be compiled: a few changes leave no Python, and are not tried."""
    try:
        compile(change.apply((ROOT / change.path).read_bytes()), change.path, "exec")
    except SyntaxError:
        return False
    return True


def page(results: Sequence[Tried], call: str, depth: float, gates: str) -> str:
    """Write the page."""
    survivors = [each for each in results if each.is_survivor]
    return _PAGE.format(
        call=call,
        depth=depth,
        gates=gates,
        packages=_table("package", ((name, [each for each in results if each.package == name]) for name in PACKAGES)),
        protected=", ".join(f"`{name}`" for name in PROTECTED),
        protections=_table(
            "kind",
            (
                (kind, [each for each in results if each.is_protection and each.change.operator == kind])
                for kind in sorted(PROTECTIVE)
            ),
        ),
        survivors="\n\n".join(_shown(survivors)) or "None.",
        equivalent="\n\n".join(_shown([each for each in results if each.is_equivalent])) or "None.",
    )


def _table(first: str, rows: Iterable[tuple[str, Sequence[Tried]]]) -> str:
    lines = [f"| {first} | tried | noticed | equivalent | not noticed | share |", "|---|--:|--:|--:|--:|--:|"]
    total: list[Tried] = []
    for name, several in rows:
        if several:
            lines.append(_row(name, several))
            total += several
    return "\n".join((*lines, _row("all", total)))


def _row(name: str, several: Sequence[Tried]) -> str:
    noticed = sum(each.is_detected for each in several)
    equivalent = sum(each.is_equivalent for each in several)
    others = len(several) - equivalent
    share = f"{100 * noticed / others:.1f} %" if others else "-"
    return f"| {name} | {len(several)} | {noticed} | {equivalent} | {others - noticed} | {share} |"


def _shown(several: Sequence[Tried]) -> Iterator[str]:
    for each in sorted(several, key=lambda each: (each.change.path, each.change.line, each.diff)):
        marks = [
            each.change.operator,
            *(["protection"] if each.is_protection else []),
            *(["no test reaches it"] if each.result == "unreached" else []),
        ]
        reason = f" {each.reason}" if each.is_equivalent else ""
        yield f"`{each.change.path}`, {', '.join(marks)}.{reason}\n\n```diff\n{each.diff}\n```"
