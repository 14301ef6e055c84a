"""The tool that changes the code: which changes it finds, how one takes effect, and what is called equivalent."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutation.operators import changes_of
from tests.mutation.patch import NotPatchableError, functions_of, patch
from tests.mutation.results import ROOT, Tried, earlier, equivalents, page
from tests.nonempty import nonempty

ENUMS = {"Colour": ("RED", "GREEN", "BLUE")}
CASES = {
    "if a and b:\n    x()": {
        "if b:": "condition dropped",
        "if a:": "condition dropped",
        "if a or b:": "and/or",
        "if False:": "branch dropped",
        "    pass": "statement dropped",
    },
    "def f() -> int:\n    if not a < 2:\n        return 1": {
        "    if False:": "guard dropped",
        "    if a < 2:": "not dropped",
        "    if not a <= 2:": "comparison",
        "    if not a < 3:": "constant changed",
        "        return 2": "constant changed",
    },
    "x = Colour.BLUE is y": {"x = Colour.RED is y": "member replaced", "x = Colour.BLUE is not y": "comparison"},
    "x = any(y for y in z if y)": {
        "x = all(y for y in z if y)": "any/all, min/max",
        "x = any(y for y in z if True)": "condition dropped",
    },
    "x = change(needs=(Claim(A), Claim(B)))": {
        "x = change(needs=( Claim(B)))": "condition of a row dropped",
        "x = change(needs=(Claim(A), ))": "condition of a row dropped",
        "x = change()": "condition of a row dropped",
    },
    "a: Final = Claim(A)\nx = (a,)": {"x = ()": "condition of a row dropped"},
    "from m import no, unknown\nx = no(y)": {"x = unknown(y)": "verdict replaced"},
    "def f():\n    yield no(x)": {"    yield from ()": "statement dropped"},
    "def f():\n    self.tools.say('x')": {"    pass": "message dropped"},
    "x = (one, two)": {"x = ( two)": "element dropped", "x = (one, )": "element dropped"},
    "def f() -> bool:\n    return g(x)": {"    return True": "return early", "    return False": "return early"},
    "x = 'any text of a message'": {},
}


@pytest.mark.parametrize("text", CASES)
def test_the_changes_of_a_text(text: str) -> None:
    """Each kind takes away what it is named for; wording is left alone."""
    source = text.encode()
    found = {each.diff(source).rpartition("\n+")[2]: each.operator for each in changes_of("m.py", source, ENUMS)}
    assert found == CASES[text]


FUNCTION = "def limit(x: int) -> bool:\n    return x > 5\n"
VALUES = "ROWS = {'a': (1, 2)}\n_LIMIT = 7\n"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Load two modules from files."""
    for name, text in {"changed_function": FUNCTION, "changed_values": VALUES}.items():
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        module = ModuleType(name)
        module.__file__ = str(file)
        exec(compile(text, str(file), "exec"), vars(module))  # noqa: S102 - the text above
        monkeypatch.setitem(sys.modules, name, module)
    return tmp_path


def test_a_changed_function_is_the_one_that_every_other_module_has(loaded: Path) -> None:
    limit = vars(sys.modules["changed_function"])["limit"]
    change = next(each for each in changes_of("changed_function.py", FUNCTION.encode(), {}) if each.new.strip() == ">=")
    functions = functions_of(str(loaded))
    assert not limit(5)
    patch(change, FUNCTION.encode(), str(loaded / "changed_function.py"), functions)
    assert limit(5)


def test_a_changed_table_is_the_one_that_every_other_module_has(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that another module has under the same name cannot be replaced there; it needs a process of its own."""
    module = sys.modules["changed_values"]
    rows = vars(module)["ROWS"]
    changes = changes_of("changed_values.py", VALUES.encode(), {})
    patch(changes[0], VALUES.encode(), str(loaded / "changed_values.py"), {})
    assert rows == {"a": (2, 2)}
    other = ModuleType("other")
    vars(other)["_LIMIT"] = vars(module)["_LIMIT"]
    monkeypatch.setitem(sys.modules, "other", other)
    with pytest.raises(NotPatchableError):
        patch(changes[-1], VALUES.encode(), str(loaded / "changed_values.py"), {})


def test_every_change_that_is_called_equivalent_exists_and_has_a_reason() -> None:
    known = equivalents()
    assert all(reason.endswith(".") for reason in nonempty(known.values()))
    for path in {path for path, _ in known}:
        source = (ROOT / path).read_bytes()
        diffs = {each.diff(source) for each in changes_of(path, source, {})}
        assert {diff for of, diff in known if of == path} - diffs == set()


def test_the_page_counts_what_was_noticed_and_shows_what_was_not() -> None:
    """A change that is called equivalent and is noticed all the same counts as noticed."""
    change = changes_of("m.py", b"x = 1\n", {})[0]
    guard = next(each for each in changes_of("m.py", b"if a:\n    raise b\n", {}) if each.operator == "guard dropped")
    results = [
        Tried("health", change, "-x = 1\n+x = 2", "survived", ""),
        Tried("health", change, "", "timeout", "t"),
        Tried("failover/runner", change, "", "survived", "", "It is never read."),
        Tried("failover/runner", guard, "", "detected", "t", "It is never read."),
    ]
    lines = page(results, "All", 20.0, "No gates.").splitlines()
    assert "| failover/runner | 2 | 1 | 1 | 0 | 100.0 % |" in lines
    assert "| health | 2 | 1 | 0 | 1 | 50.0 % |" in lines
    assert "| guard dropped | 1 | 1 | 0 | 0 | 100.0 % |" in lines
    assert lines.count("+x = 2") == 1


def test_the_results_of_several_runs_are_merged(tmp_path: Path) -> None:
    """Of one change in several files the last counts; a result whose change no longer exists is left out."""
    path = "boks_exporter/failover/plan/build.py"
    one, two, three = changes_of(path, (ROOT / path).read_bytes(), {})[:3]

    def kept(name: str, **results: str) -> Path:
        file, changes = tmp_path / name, {"one": one, "two": two}
        each = [
            Tried("", changes[of], changes[of].diff((ROOT / path).read_bytes()), told, "t")
            for of, told in results.items()
        ]
        gone = Tried("", one, "-a line that does not exist", "detected", "t")
        file.write_text(json.dumps([asdict(tried) for tried in (*each, gone)]))
        return file

    files = kept("a", one="survived", two="detected"), kept("b", one="detected")
    found = earlier(files, [("failover/plan", each) for each in (one, two, three)])
    assert {change: each.result for change, each in found.items()} == {one: "detected", two: "detected"}


WORKER = """
import os, subprocess, sys, time
from tests.mutation.child_process import awaited, forked
child = forked()
if child == 0:
    program = subprocess.Popen(["sleep", "600"])
    print(os.getpid(), program.pid, flush=True)
    time.sleep(600)
awaited(child, 600)
"""


@pytest.mark.parametrize(("told", "count"), [(signal.SIGTERM, 2), (signal.SIGKILL, 1)])
def test_the_end_of_a_worker_ends_its_child(told: signal.Signals, count: int) -> None:
    """Told to end, also the programs that the child runs; killed, the child alone."""
    with subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        started = [int(each) for each in worker.stdout.readline().split()]
        watched = [os.pidfd_open(each) for each in started]
        worker.send_signal(told)
        try:
            ended = [select.select([each], [], [], 60)[0] for each in watched[:count]]
        finally:
            for each in started:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            for each in watched:
                os.close(each)
    assert all(nonempty(ended))
