"""Try changes of the code, one at a time: a test must notice each. Writes docs/testing.md with --write.

Every protection of failover and every change of the gates in tests/gates/mutants.txt is tried always; of all other
changes as many as are asked for, drawn by the seed.

To merge the results of several runs, of the same packages or of others, name each file: --keep ONE.json --keep
OTHER.json. Every result whose change still exists is on the page and in --json, whichever changes this run chooses;
of one change in several files the last counts. With --minutes 0 nothing is tried and the page is written:
python -m tests.mutation --minutes 0 --keep ONE.json --keep OTHER.json --json BOTH.json --write
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from tests.gates import mutate as gate_changes
from tests.mutation.operators import Change, changes_of, enums_of
from tests.mutation.results import PAGE, ROOT, Tried, earlier, equivalents, is_protection, is_python, page
from tests.mutation.scope import BEHAVIOUR, FIRST, OF_PAGES, PACKAGES, TABLES

_NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", "docs", "build", "dist", ".hypothesis"
)
_OPTIONS: Final = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", "--timeout=0"]
_PROFILE: Final = ["--hypothesis-seed=1", "--hypothesis-profile=check"]


def package_of(path: str) -> str | None:
    """Return the package of a module, by the longest name that fits."""
    fitting = [name for name in PACKAGES if path.startswith(f"boks_exporter/{name}/")]
    return max(fitting, key=len) if fitting else None


def all_changes() -> list[tuple[str, Change]]:
    """Return every change of every module in scope, with its package."""
    files = sorted(str(each.relative_to(ROOT)) for each in (ROOT / "boks_exporter").rglob("*.py"))
    sources = {file: (ROOT / file).read_bytes() for file in files}
    enums = enums_of(iter(sources.values()))
    packages = {file: package_of(file) for file in files}
    return [
        (package, change)
        for file, package in packages.items()
        if package is not None
        for change in changes_of(file, sources[file], enums)
    ]


def drawn(found: Sequence[tuple[str, Change]], count: int, seed: int) -> list[tuple[str, Change]]:
    """Draw changes by their text and the seed, so that a change elsewhere in the code draws the same ones."""
    sources = {path: (ROOT / path).read_bytes() for path in {change.path for _, change in found}}
    place = lambda each: hashlib.sha256(f"{seed} {each[1].key(sources[each[1].path])}".encode()).digest()  # noqa: E731 - used once
    return sorted(found, key=place)[:count]


def tests_of(package: str, root: Path) -> list[str]:
    """Return the files of tests that are asked about a package."""
    words = PACKAGES[package]
    files = sorted(str(each.relative_to(root)) for each in (root / "tests").rglob("test_*.py"))
    unit = [f"tests/unit/test_{word}*.py" for word in words]
    wanted = [*unit, *(more for word in words for more in BEHAVIOUR.get(word, ()))]
    return [file for file in files if any(fnmatch(file, each) for each in wanted) and not file.endswith(OF_PAGES)]


def _code_digest() -> str:
    """Identify the code in scope: which tests reach which line is known while it is the same."""
    files = sorted(file for name in PACKAGES for file in (ROOT / "boks_exporter" / name).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Trial:
    """The tests of one package against its changes, in a copy of the project."""

    copy: Path
    scratch: Path
    cache: Path
    code: str
    only: str
    jobs: int
    seconds: float
    until: float

    def run(self, package: str, changes: Sequence[Change]) -> list[Tried]:
        """Measure if need be, then try all until the time is up."""
        if time.time() > self.until:
            return []
        tests = [test for test in tests_of(package, self.copy) if re.search(self.only, test)]
        reached = {test: str(self.cache / f"{self._digest(test)}.json") for test in tests}
        missing = {test: file for test, file in reached.items() if not Path(file).exists()}
        order = {
            "parent": os.getpid(),
            "tests": tests,
            "options": [*_OPTIONS, *_PROFILE],
            "reached": reached,
            "packages": sorted({f"boks_exporter/{name.partition('/')[0]}" for name in PACKAGES}),
            "tables": TABLES,
            "asked_first": FIRST,
            "seconds": self.seconds,
            "until": self.until,
        }
        if missing:
            self._work("measure", [{**order, "tests": list(missing), "reached": missing, "measure": True}])
        share = -(-len(changes) // self.jobs) or 1
        parts = [
            {
                **order,
                "measure": False,
                "first": first,
                "changes": [asdict(each) for each in changes[first : first + share]],
                "results": str(self.scratch / f"results-{package.replace('/', '-')}-{first}.jsonl"),
            }
            for first in range(0, len(changes), share)
        ]
        self._work(package.replace("/", "-"), parts)
        lines = [line for part in parts for line in Path(part["results"]).read_text(encoding="utf-8").splitlines()]
        found = [json.loads(line) for line in lines]
        valid = [each for each in found if each["result"] != "invalid"]
        known = equivalents()
        return [self._tried(package, changes[each["place"]], each, known) for each in valid]

    def _tried(self, package: str, change: Change, found: dict[str, str], known: dict[tuple[str, str], str]) -> Tried:
        diff = change.diff((self.copy / change.path).read_bytes())
        return Tried(package, change, diff, found["result"], found["test"], known.get((change.path, diff), ""))

    def _digest(self, test: str) -> str:
        return hashlib.sha256(f"{self.code} {test}".encode() + (self.copy / test).read_bytes()).hexdigest()[:24]

    def _work(self, name: str, orders: Sequence[dict[str, object]]) -> None:
        started = []
        for place, order in enumerate(orders):
            file = self.scratch / f"{name}-{place}.json"
            file.write_text(json.dumps(order), encoding="utf-8")
            if "results" in order:
                Path(str(order["results"])).touch()
            log = file.with_suffix(".log").open("wb")
            command = [sys.executable, "-m", "tests.mutation.worker", str(file)]
            environment = {**os.environ, "PYTHONPATH": str(self.copy), "PYTHONDONTWRITEBYTECODE": "1"}
            started.append((subprocess.Popen(command, cwd=self.copy, env=environment, stdout=log, stderr=log), file))
        try:
            for process, file in started:
                if process.wait() not in {0, 1, 5}:
                    raise RuntimeError(file.with_suffix(".log").read_text(encoding="utf-8")[-4000:])
        finally:
            for process, _ in started:
                process.terminate()


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sample", type=int, default=2000, help="changes except those of protections, drawn by the seed"
    )
    parser.add_argument("--all", action="store_true", help="try every change")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--depth", type=float, default=20.0, help="of the tests that reach a change, the quickest of so many seconds"
    )
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no further change after that")
    parser.add_argument("--package", action="append", help="only this package (of a name in scope.py)")
    parser.add_argument("--module", default="", help="only modules whose path matches this expression")
    parser.add_argument("--tests", default="", help="ask only tests whose path matches this expression")
    parser.add_argument("--protections", action="store_true", help="only the protections")
    parser.add_argument("--gates", type=int, help="so many changes of the gates; without a number of all: none")
    parser.add_argument("--json", type=Path, help="write every result there, after each package")
    parser.add_argument(
        "--keep",
        type=Path,
        action="append",
        default=[],
        help="results of an earlier run (any number): what it noticed or is called equivalent is not tried again",
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    return parser.parse_args()


def _chosen(given: argparse.Namespace, every: Sequence[tuple[str, Change]]) -> list[tuple[str, Change]]:
    found = [each for each in every if not given.package or each[0] in given.package]
    found = [each for each in found if re.search(given.module, each[1].path)]
    always = [each for each in found if is_protection(*each)]
    others = [each for each in found if not is_protection(*each)]
    if given.protections:
        return always
    return [*always, *(others if given.all else drawn(others, given.sample, given.seed))]


def _call(given: argparse.Namespace) -> str:
    """Describe a run, and what it leaves out."""
    more = "" if given.protections else f", and {'all' if given.all else given.sample} other changes"
    limits = {"packages": ", ".join(given.package or ()), "modules": given.module, "tests": given.tests}
    only = "".join(f"; only {name} `{value}`" for name, value in limits.items() if value)
    return f"seed {given.seed}: the protections{more}{only}"


def _of_gates(given: argparse.Namespace) -> tuple[str, int]:
    """Try changes of the gates; returns the report, and how many were not noticed."""
    if not given.gates:
        return "The gates were not changed in this run: `make mutate-gate`.", 0
    chosen = gate_changes.excerpt(given.gates, given.seed)
    missed = [change for change, is_noticed in gate_changes.results(chosen, given.jobs) if not is_noticed]
    lines = [f"* {each.kind}: `{each.old!r}` to `{each.new!r}`" for each in missed]
    return "\n".join((f"Of the gates {len(chosen)} changes were tried; {len(missed)} were not noticed.", *lines)), len(
        missed
    )


def main() -> int:
    """Try, and report; 1 where a protection is not noticed."""
    given = _given()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    every = all_changes()
    chosen, kept = _chosen(given, every), earlier(given.keep, every)
    results = [each for each in kept.values() if each.is_detected]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "boks-exporter-mutation"
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mutation-") as directory:
        copy, scratch = Path(directory) / "project", Path(directory) / "scratch"
        scratch.mkdir()
        shutil.copytree(ROOT, copy, ignore=_NOT_COPIED)
        until = time.time() + 60 * given.minutes
        trial = Trial(copy, scratch, cache, _code_digest(), given.tests, given.jobs, given.depth, until)
        for package in given.package or PACKAGES:
            known = {each.change for each in results}
            called = {change for change, each in kept.items() if each.is_equivalent}
            of_package = [change for name, change in chosen if name == package and change not in known | called]
            of_package.sort(key=lambda change: change in kept)
            if of_package:
                found = trial.run(package, of_package)
                results += found
                _print(package, found)
            _write_json(given, results)
    tried = {each.change for each in results}
    untried = [each for change, each in kept.items() if change not in tried]
    _write_json(given, results + untried)
    gates, missed = _of_gates(given)
    if given.write:
        old = len(untried) + sum(each.is_detected for each in kept.values())
        more = f"; {old} results are those of earlier runs, which chose others as well" if old else ""
        left = sum(is_python(change) for _, change in chosen if change not in tried | kept.keys())
        more += f"; {left} were not begun when the time was up" if left else ""
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
        call = f"Commit `{commit.stdout.strip() or 'unknown'}`, {_call(given)}{more}"
        PAGE.write_text(page(results + untried, call, given.depth, gates), encoding="utf-8")
    return 1 if missed or any(each.is_protection and each.is_survivor for each in results + untried) else 0


def _write_json(given: argparse.Namespace, results: Sequence[Tried]) -> None:
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in results], indent=1), encoding="utf-8")


def _print(package: str, results: Sequence[Tried]) -> None:
    detected = sum(each.is_detected for each in results)
    sys.stdout.write(f"{package}: {len(results)} tried, {detected} noticed\n")
    for each in (each for each in results if each.is_survivor):
        mark = "PROTECTION " if each.is_protection else ""
        sys.stdout.write(f"  {each.result} {mark}{each.change.path}:{each.change.line} {each.change.operator}\n")
        sys.stdout.write("".join(f"    {line}\n" for line in each.diff.splitlines()))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
