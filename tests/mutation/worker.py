"""Collect the tests once, and try each change in a process that is forked off: it runs the tests that reach the change.

Started by `python -m tests.mutation` in a copy of the project. Only a change at the level of a module that cannot be
made in a loaded one starts a process of its own, which imports everything again.
"""

import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import coverage
import pytest

from tests.mutation.child_process import awaited, end_with, forked
from tests.mutation.operators import Change
from tests.mutation.patch import Functions, NotPatchableError, functions_of, patch

_SURVIVED, _DETECTED, _AFRESH, _BROKEN, _INVALID = 0, 10, 11, 12, 13
_OWN_SECONDS: Final = 2.0
_MEMORY: Final = 4 * 1024**3
_NEAR: Final = 4
"""So many lines after a change are what it guards."""


@dataclass
class Reached:
    """What each test runs, by file and line, and how long it takes."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def dumped(self, file: str) -> dict[str, Any]:
        """Return the tests of one file in a form that can be written, with each test's name once."""
        seconds = {test: spent for test, spent in self.seconds.items() if test.partition("::")[0] == file}
        numbers = {test: number for number, test in enumerate(seconds)}
        lines = {
            module: {line: [numbers[test] for test in tests if test in numbers] for line, tests in of.items()}
            for module, of in self.lines.items()
        }
        return {"seconds": seconds, "lines": lines}

    def add(self, dumped: dict[str, Any]) -> None:
        """Add what was written."""
        names = list(dumped["seconds"])
        self.seconds |= dumped["seconds"]
        for module, of in dumped["lines"].items():
            lines = self.lines.setdefault(module, {})
            for line, tests in of.items():
                lines.setdefault(int(line), []).extend(names[number] for number in tests)

    def tests(self, change: Change, fallback: str, first: tuple[str, ...]) -> list[str]:
        """Return the tests that run the line of a change, quickest first; for a table those of what reads it.

        Before them are those that run what few others run right after it: what a guard does where it refuses.
        """
        of_file, rare = self.lines.get(change.path, {}), set[str]()
        if change.function is not None:
            found = set(of_file.get(change.line, ()))
            near = (line for line in range(change.line, change.function[1], -1) if of_file.get(line))
            found = found or set(of_file.get(next(near, 0), ()))
            after = (set(of_file.get(line, ())) & found for line in range(change.line + 1, change.line + _NEAR))
            rare = min((tests for tests in after if tests), key=len, default=rare)
            rare = rare | {test for test in found if test.startswith(first)}
        else:
            files = [name for name in self.lines if name == change.path or name.startswith(fallback)]
            found = {test for name in files for tests in self.lines[name].values() for test in tests}
            found |= {test for test in self.seconds if test.startswith(first)}
            rare = {test for test in found if test.startswith(first)}
        return sorted(found, key=lambda test: (test not in rare, self.seconds[test], test))


@dataclass
class Worker:
    """A pytest plugin that runs the changes instead of the tests."""

    order: dict[str, Any]
    killers: dict[str, list[str]] = field(default_factory=dict)
    functions: Functions = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure, or try."""
        self.items = {item.nodeid: item for item in session.items}
        if self.order["measure"]:
            self._measure(session)
            return True
        self.reached = Reached()
        for file in self.order["reached"].values():
            self.reached.add(json.loads(Path(file).read_text(encoding="utf-8")))
        self.functions = functions_of(str(Path.cwd()))
        self._try_all(
            [
                Change(**{**each, "function": each["function"] and tuple(each["function"])})
                for each in self.order["changes"]
            ]
        )
        return True

    # -- what reaches what ---------------------------------------------------------------------------------------------

    def _measure(self, session: pytest.Session) -> None:
        """Run every test once; a test that fails without a change is never asked."""
        root = f"{Path.cwd()}/"
        tracer = coverage.Coverage(
            data_file=None, config_file=False, include=[f"{root}{each}/*" for each in self.order["packages"]]
        )
        reached, items = Reached(), list(session.items)
        caches = [each for module in self.order["packages"] for each in _caches_below(module.replace("/", "."))]
        tracer.start()
        for place, item in enumerate(items):
            for each in caches:  # the lines behind an answer that an earlier test left are reached by this one, too
                each.cache_clear()
            tracer.switch_context(item.nodeid)
            began, failed = time.process_time(), session.testsfailed
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=(items[place + 1 :] or [None])[0])
            if session.testsfailed == failed:
                reached.seconds[item.nodeid] = round(time.process_time() - began, 4)
            else:
                sys.stderr.write(f"fails without a change: {item.nodeid}\n")
        tracer.stop()
        data = tracer.get_data()
        for file in data.measured_files():
            contexts = data.contexts_by_lineno(file)
            reached.lines[file.removeprefix(root)] = {
                line: [each for each in tests if each in reached.seconds] for line, tests in contexts.items()
            }
        for file, to in self.order["reached"].items():
            Path(to).write_text(json.dumps(reached.dumped(file)), encoding="utf-8")

    # -- the changes ---------------------------------------------------------------------------------------------------

    def _try_all(self, changes: list[Change]) -> None:
        with Path(self.order["results"]).open("a", encoding="utf-8") as out:
            for place, result, killer in self._tried(changes):
                if killer:
                    known = self.killers.setdefault(changes[place].path, [])
                    if killer in known:
                        known.remove(killer)
                    known.insert(0, killer)
                out.write(json.dumps({"place": self.order["first"] + place, "result": result, "test": killer}) + "\n")
                out.flush()

    def _tried(self, changes: list[Change]) -> Iterator[tuple[int, str, str]]:
        for place, change in enumerate(changes):
            if time.time() > self.order["until"]:
                return
            fallback = next((to for of, to in self.order["tables"].items() if change.path.startswith(of)), "-")
            first = next(
                (tuple(names) for of, names in self.order["asked_first"].items() if change.path.startswith(of)), ("-",)
            )
            found = self.reached.tests(change, fallback, first)
            if not found:  # a function that only the import calls
                change = replace(change, function=None)  # noqa: PLW2901 - the same change, wherever it is
                found = self.reached.tests(change, fallback, first)
            total, chosen = 0.0, []
            for test in found:
                if test in self.items and (not chosen or total + self.reached.seconds[test] <= self.order["seconds"]):
                    chosen.append(test)
                    total += self.reached.seconds[test]
            if not chosen:
                yield place, "unreached", ""
                continue
            first = [test for test in self.killers.get(change.path, ()) if test in set(chosen)][:12]
            chosen = [*first, *(test for test in chosen if test not in first)]
            yield (place, *self._forked(change, chosen, total))

    def _forked(self, change: Change, tests: list[str], seconds: float) -> tuple[str, str]:
        note = Path(self.order["results"]).with_suffix(".killer")
        note.write_text("", encoding="utf-8")
        child = forked()
        if child == 0:
            self._in_child(change, tests, seconds, note)
        status = awaited(child, 60.0 + 40.0 * (seconds + _OWN_SECONDS))
        if status is None:
            return "timeout", ""
        code = os.waitstatus_to_exitcode(status)
        if code == _AFRESH:
            return self._afresh(change, tests, seconds, note)
        return _result(code), note.read_text(encoding="utf-8")

    def _in_child(self, change: Change, tests: list[str], seconds: float, note: Path) -> None:
        code = _BROKEN
        try:
            _limited(seconds)
            source = Path(change.path).read_bytes()
            patch(change, source, str(Path(change.path).absolute()), self.functions)
            code = self._run(tests, note)
        except NotPatchableError:
            code = _AFRESH
        except SyntaxError:
            code = _INVALID
        except BaseException:  # noqa: BLE001 - a child must not return into the loop of its parent
            code = _DETECTED
        finally:
            os._exit(code)

    def _run(self, tests: list[str], note: Path) -> int:
        items = [self.items[test] for test in tests]
        session = items[0].session
        for place, item in enumerate(items):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=(items[place + 1 :] or [None])[0])
            if session.testsfailed:
                note.write_text(item.nodeid, encoding="utf-8")
                return _DETECTED
        return _SURVIVED

    def _afresh(self, change: Change, tests: list[str], seconds: float, note: Path) -> tuple[str, str]:
        """Import everything again, with the change."""
        order = Path(self.order["results"]).with_suffix(".afresh")
        order.write_text(json.dumps({"change": asdict(change), "note": str(note)}), encoding="utf-8")
        options = [*self.order["options"], f"--basetemp={order.with_suffix('.pytest')}"]
        child = forked()
        if child == 0:
            _limited(seconds + 10.0)
            environment = {**os.environ, "MUTATION_CHANGE": str(order)}
            command = [sys.executable, "-m", "pytest", "-x", "-p", "tests.mutation.changed", *options, *tests[:150]]
            os.execve(sys.executable, command, environment)  # noqa: S606 - the tests, in a process of their own
        status = awaited(child, 60.0 + 40.0 * (seconds + _OWN_SECONDS))
        if status is None:
            return "timeout", ""
        code = os.waitstatus_to_exitcode(status)
        return ("survived" if code == 0 else "detected"), note.read_text(encoding="utf-8")


def _caches_below(package: str) -> list[Any]:
    """Return the functions below a package that keep their answers."""
    modules = [each for name, each in sys.modules.items() if name.startswith(f"{package}.")]
    values = {id(value): value for each in modules for value in vars(each).values()}
    return [value for value in values.values() if hasattr(value, "cache_clear") and hasattr(value, "cache_info")]


def _limited(seconds: float) -> None:
    """Bound what a change can use, by CPU so that a busy machine ends nothing, and silence it."""
    limit = int(_OWN_SECONDS + 5 * seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    gc.enable()


def _result(code: int) -> str:
    if code in {_SURVIVED, _INVALID}:
        return "survived" if code == _SURVIVED else "invalid"
    return "timeout" if code in {-signal.SIGXCPU, -signal.SIGKILL} else "detected"


def main() -> int:
    """Run pytest with this plugin; the order is a file."""
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    end_with(order["parent"])
    basetemp = Path(sys.argv[1]).with_suffix(".pytest")
    return pytest.main([*order["options"], f"--basetemp={basetemp}", *order["tests"]], plugins=[Worker(order)])


if __name__ == "__main__":
    sys.exit(main())
