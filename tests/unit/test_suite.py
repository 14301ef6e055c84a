"""The tests themselves: they can fail, and do not depend on where and how they are started."""

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests").rglob("*.py"))
SIGNALS = "tests/unit/test_failover_cli.py::test_a_signal_stops_a_run_where_nothing_is_under_way"
NOT_EMPTY = {"nonempty", "range", "list", "product"}
"""Calls whose result is not empty here: of `range`, `list` of an enumeration and `product` the arguments show it."""
AS_LONG = {"enumerate", "zip", "sorted", "reversed", "items", "values", "keys"}
"""Calls whose result is as long as what they are called with, or on."""


def test_no_name_of_a_test_holds_a_path_of_this_machine(request: pytest.FixtureRequest) -> None:
    """A test that has another name on another machine cannot be selected or compared there."""
    places = (str(ROOT), sys.executable, str(Path.home()) + os.sep)
    assert [item.nodeid for item in request.session.items if any(place in item.name for place in places)] == []


def _is_filled(values: ast.expr) -> bool:
    """Whether the source shows that there is at least one value; constants of a module are trusted."""
    match values:
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return bool(elements)
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Subscript(value=whole):
            return _is_filled(whole)
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in AS_LONG:
            return all(_is_filled(argument) for argument in arguments)
        case ast.Call(func=ast.Attribute(value=whole, attr=name)) if name in AS_LONG:
            return _is_filled(whole)
        case ast.Call(func=ast.Name(id=name)):
            return name in NOT_EMPTY or name[0].isupper()
    return False


def _claims_about_nothing(tree: ast.Module) -> Iterator[str]:
    """Find assertions that hold for an empty collection: `assert all(…)`, and loops that hold a test's only ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            for call in ast.walk(node.test):
                match call:
                    case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp(generators=[first, *_])]):
                        if first.ifs or not _is_filled(first.iter):
                            yield f"{node.lineno}: {ast.unparse(call)}"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            loops = [each for each in ast.walk(node) if isinstance(each, ast.For | ast.AsyncFor)]
            inside = {each for loop in loops for each in ast.walk(loop)}
            proofs = [each for each in ast.walk(node) if isinstance(each, ast.Assert | ast.With | ast.AsyncWith)]
            if loops and proofs and inside.issuperset(proofs):
                yield from (f"{loop.lineno}: {ast.unparse(loop.iter)}" for loop in loops if not _is_filled(loop.iter))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_claimed_of_all_of_nothing(file: Path) -> None:
    """An assertion about each of some values says, with `nonempty`, that there are some."""
    found = list(_claims_about_nothing(ast.parse(file.read_text(encoding="utf-8"))))
    assert found == [], "true where there is nothing: wrap the values in nonempty() of tests/nonempty.py"


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("def test_x():\n    assert all(a for a in found())", True),
        ("def test_x():\n    assert all(a < b for a, b in pairwise(values))", True),
        ("def test_x():\n    assert all(a for a in nonempty(found()) if a.is_wanted)", True),
        ("def test_x():\n    for a in found():\n        assert a", True),
        ("def test_x():\n    assert all(a for a in nonempty(found()))", False),
        ("def test_x():\n    for a in (1, 2):\n        assert a", False),
        ("def test_x():\n    for a in found():\n        assert a\n    assert seen", False),
    ],
)
def test_a_claim_about_nothing_is_found(source: str, is_found: bool) -> None:
    """Otherwise the test above would be one itself."""
    assert bool(list(_claims_about_nothing(ast.parse(source)))) is is_found


def test_ignored_signals_of_the_parent_change_nothing() -> None:
    """A background job of a script ignores SIGINT, and nohup SIGHUP; the suite passes there, too."""

    def ignore() -> None:
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", SIGNALS]
    done = subprocess.run(command, cwd=ROOT, preexec_fn=ignore, capture_output=True, text=True)
    assert (done.returncode, "3 passed" in done.stdout) == (0, True), done.stdout
