"""`make fuzz`: run every target for its share of the executions, keep what reached new code, and write the figures.

An input that fails is kept in build/fuzz/TARGET/ and named; the command ends with 1 then. The figures of a target are
written as soon as it ends. With --add they join those of earlier runs, and targets that were run with this seed before
are skipped: a run that was cut short goes on.
"""

import argparse
import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.fuzz.mutations import CORPUS, kept
from tests.fuzz.targets import ROOT, TARGETS

FIGURES: Final = ROOT / "docs" / "fuzzing.json"
BUILD: Final = ROOT / "build" / "fuzz"
MOST_KEPT: Final = 150
_LIMITS: Final = ("-max_len=16384", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0")
_EXECUTED: Final = re.compile(r"number_of_executed_units: (\d+)")
_LONGEST_KEPT: Final = 1024


@dataclass(frozen=True)
class Figure:
    """How one target did in one run; `commit` is the one whose code was run."""

    target: str
    seed: int
    commit: str
    executions: int
    failed: int


def main() -> int:
    """Fuzz all targets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], default=[])
    parser.add_argument("--executions", type=int, default=10_000_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--add", action="store_true", help="add the figures to those of earlier runs")
    given = parser.parse_args()
    if find_spec("atheris") is None:
        parser.error(
            "expected atheris, which exists for Python 3.11 only, in this environment; `make fuzz` installs it"
        )
    names = given.targets or list(TARGETS)
    whole = sum(TARGETS[name].share for name in names)
    figures = [Figure(**row) for row in json.loads(FIGURES.read_text(encoding="utf-8"))] if given.add else []
    done = {each.target for each in figures if each.seed == given.seed}
    commit = subprocess.check_output(("git", "rev-parse", "--short=7", "HEAD"), cwd=ROOT, text=True).strip()
    with ThreadPoolExecutor(given.jobs) as pool:
        running = [
            pool.submit(_fuzz, name, round(given.executions * TARGETS[name].share / whole), given.seed, commit)
            for name in names
            if name not in done
        ]
        for each in as_completed(running):
            figures.append(each.result())
            rows = sorted(map(asdict, figures), key=lambda row: (str(row["target"]), row["seed"]))
            if given.add or not given.targets:
                FIGURES.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    executed, failed = sum(each.executions for each in figures), sum(each.failed for each in figures)
    print(f"{executed} executions, {failed} failed")  # noqa: T201 - the figures are asked for
    return 1 if failed else 0


def _fuzz(name: str, executions: int, seed: int, commit: str) -> Figure:
    """Run one target in a process of its own, begun with its seeds and corpus."""
    directory = BUILD / name
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "corpus").mkdir(parents=True)
    (directory / "failed").mkdir()
    for number, data in enumerate((*TARGETS[name].seeds(), *kept(name))):
        (directory / "corpus" / f"seed{number:04}").write_bytes(data)
    options = (f"-runs={executions}", f"-seed={seed}", f"-artifact_prefix={directory / 'failed'}/", *_LIMITS)
    command = [sys.executable, "-m", "tests.fuzz.one", name, *options, str(directory / "corpus")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    (directory / "log").write_text(done.stderr, encoding="utf-8")
    failed = sorted((directory / "failed").iterdir())
    executed = int(found[1]) if (found := _EXECUTED.search(done.stderr)) else 0
    named = "".join(f" {file}" for file in failed)
    print(f"{name:20} {executed:>9} executions, {len(failed)} failed{named}", flush=True)  # noqa: T201 - as above
    if done.returncode and not failed:
        print(done.stderr[-2000:], file=sys.stderr)  # noqa: T201 - as above
    _keep(name, directory / "corpus", failed)
    return Figure(name, seed, commit, executed, len(failed) or int(done.returncode != 0))


def _keep(name: str, corpus: Path, failed: list[Path]) -> None:
    """Keep inputs that failed, and the shortest of those that reached something new."""
    new = [file for file in corpus.iterdir() if not file.name.startswith("seed")]
    found = [*(file.read_bytes() for file in failed), *kept(name), *_short(new)]
    lines = [base64.b64encode(data).decode() for data in dict.fromkeys(found)]
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{name}.base64").write_text("\n".join(lines[:MOST_KEPT]) + "\n", encoding="ascii")


def _short(files: list[Path]) -> Iterator[bytes]:
    for file in sorted(files, key=lambda each: (each.stat().st_size, each.name)):
        if file.stat().st_size <= _LONGEST_KEPT:
            yield file.read_bytes()


if __name__ == "__main__":
    raise SystemExit(main())
