"""Run the gates' behavioural tests against changed gates; each change of mutants.txt must be noticed."""

import argparse
import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import tests.unit.operator_host  # noqa: F401 - imported once, for all forks
from boks_exporter.remote import gate
from boks_exporter.remote.gate import GateKind, gate_text

CHANGES = Path(__file__).with_name("mutants.txt")
TESTS = {
    GateKind.READING: (
        "tests/integration/test_gate_configuration.py",
        "tests/unit/test_gate_replies.py",
        "tests/integration/test_reading_gate.py",
        "tests/integration/test_reading_gate_floods.py",
        "tests/unit/test_gate_requests.py",
        "tests/integration/test_reading_gate_loop.py",
        "tests/integration/test_reading_gate_limits.py",
        "tests/integration/test_reading_gate_diagnosis.py",
        "tests/unit/test_gate_configuration.py",
    ),
    GateKind.OPERATOR: (
        "tests/integration/test_operator_gate_changes.py",
        "tests/integration/test_operator_gate_races.py",
        "tests/integration/test_operator_gate_idempotency.py",
        "tests/integration/test_operator_gate_keeps.py",
        "tests/integration/test_operator_gate_edges.py",
        "tests/integration/test_operator_gate_queries.py",
        "tests/unit/test_gate_operator_requests.py",
        "tests/unit/test_gate_removal_cuts.py",
    ),
}
_LONGEST_SECONDS = 900
"""Far more than all tests take; a change that makes them hang is noticed."""
_SURVIVED = 3
_PR_SET_CHILD_SUBREAPER = 36
PLUGINS = (
    "pytest_cov.plugin",
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "_hypothesis_pytestplugin",
    "no:cacheprovider",
    "no:faulthandler",
)
"""All others take longer to load than a test takes."""
ONE_SHELL = "not busybox and not ksh93 and not mksh and not bash"
"""The changes are of what all shells have in common; one of them notices."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one gate: a text that is in it once, its replacement, and the test that notices it."""

    kind: GateKind
    test: str
    old: str
    new: str

    def apply(self, text: str) -> str:
        if text.count(self.old) != 1:
            message = f"expected {self.old!r} once in the {self.kind} gate, found it {text.count(self.old)} times"
            raise ValueError(message)
        return text.replace(self.old, self.new)


def mutants() -> Iterator[Mutant]:
    """Parse mutants.txt: `@ KIND TEST`, lines with `-`, lines with `+`."""
    for block in CHANGES.read_text(encoding="utf-8").removeprefix("@ ").split("\n@ "):
        head, *lines = block.removesuffix("\n").split("\n")
        kind, _, test = head.partition(" ")
        old = "\n".join(line[1:] for line in lines if line.startswith("-"))
        new = "\n".join(line[1:] for line in lines if line.startswith("+"))
        yield Mutant(GateKind(kind), test, old, new)


def fails(tests: Iterable[str], directory: str) -> bool:
    """Run tests in a fork, since pytest's plugins can be set up once in a process; whether one fails."""
    options = [*("-p" + plugin for plugin in PLUGINS), "-q", "-x", "-k", ONE_SHELL]
    child = os.fork()
    if child == 0:
        os._exit(pytest.main([*options, f"--basetemp={directory}/pytest", *tests]))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        message = f"expected tests to pass or to fail, found status {status}: {' '.join(tests)}"
        raise RuntimeError(message)
    return status == pytest.ExitCode.TESTS_FAILED


def _hung(_number: int, _frame: object) -> None:
    raise TimeoutError


@contextmanager
def nothing_left() -> Iterator[None]:
    """End what is left at the end: a changed gate leaves behind what the tests of the right one need not look for."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        listed = Path(f"/proc/self/task/{os.getpid()}/children")
        while children := [int(pid) for pid in listed.read_text().split()]:
            for pid in children:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for pid in children:
                os.waitpid(pid, 0)


def look(mutant: Mutant, directory: str) -> None:
    """Exit with 0 if a test notices the change, with 3 if none does. Its own test comes before all others."""
    changed = {kind: gate_text(kind) for kind in GateKind}
    changed[mutant.kind] = mutant.apply(changed[mutant.kind])
    for kind, text in changed.items():
        Path(directory, f"gate-{kind}.sh").write_text(text, encoding="utf-8")
    for cached in (gate.gate_text, gate.gate_version, gate._sent_text):
        cached.cache_clear()
    setattr(gate, "resources", SimpleNamespace(files=lambda _: Path(directory)))  # noqa: B010 - a module for mypy
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with Path(directory, "output").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    signal.signal(signal.SIGALRM, _hung)
    signal.alarm(_LONGEST_SECONDS)
    with nothing_left():
        try:
            is_noticed = fails([mutant.test], directory) or fails(TESTS[mutant.kind], directory)
        except TimeoutError:
            is_noticed = True
    sys.exit(0 if is_noticed else _SURVIVED)


def results(chosen: Iterable[Mutant], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Try changes in forks of this process, which has imported what the tests need."""
    waiting = list(reversed(list(chosen)))
    running: dict[int, tuple[Mutant, BaseProcess]] = {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as root:
        while waiting or running:
            while waiting and len(running) < jobs:
                directory = tempfile.mkdtemp(dir=root)
                process = get_context("fork").Process(target=look, args=(waiting[-1], directory))
                process.start()
                running[process.sentinel] = waiting.pop(), process
            for sentinel in wait(list(running)):
                mutant, process = running.pop(cast("int", sentinel))
                process.join()
                yield mutant, noticed(process)


def noticed(process: BaseProcess) -> bool:
    """Whether a test failed, or hung for so long."""
    if process.exitcode not in {0, _SURVIVED}:
        message = f"expected status 0 or {_SURVIVED}, found {process.exitcode}"
        raise RuntimeError(message)
    return process.exitcode != _SURVIVED


def excerpt(count: int, seed: int) -> list[Mutant]:
    """Choose some of the changes by a seed."""
    return sorted(mutants(), key=lambda each: sha256(f"{seed} {each.kind}{each.old}".encode()).digest())[:count]


def main() -> int:
    """Try all changes, or an excerpt; 1 if one survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="so many of them, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    chosen = excerpt(given.sample, given.seed) if given.sample else list(mutants())
    survivors = 0
    for mutant, is_noticed in results(chosen, given.jobs):
        survivors += not is_noticed
        result = "noticed " if is_noticed else "SURVIVED"
        sys.stdout.write(f"{result} {mutant.kind} {mutant.old!r} -> {mutant.new!r}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} changes, {survivors} survived\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
