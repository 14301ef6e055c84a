"""Shared fixtures, and what makes the suite independent of its surroundings: signals, environment, order, load."""

import gc
import os
import random
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from boks_exporter.failover.runner.result import repeat_options

FOREIGN_VARIABLES = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "SSH_AUTH_SOCK")
"""Variables of a terminal or a login that change what the programs under test print or do."""

HANDLERS = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
"""What these signals do at the start of every test."""

TESTS = Path(__file__).parent

MEASURED = {"unit", "runs"}
"""Directories of tests in which coverage is measured."""

LONG = (
    *("test_paging.py", "test_demo_failover.py", "test_failover_ssh_masters.py", "test_alert_rules.py"),
    *("test_readme.py", "test_bed.py", "test_operator_gate_simulator_parity.py", "test_reading_gate_limits.py"),
)
"""Files whose tests take the longest: they run first, so that none of them is left over at the end."""

WAITING = {"attack", "durability", "integration"}
"""Directories of tests that wait for programs and hosts; the others compute."""

NO_HASTE = [HealthCheck.too_slow]
"""A check of Hypothesis that fails where the machine is busy."""

settings.register_profile("whole", deadline=None, derandomize=True, suppress_health_check=NO_HASTE)
"""`make test`: the same examples every time, so that a change is not blamed for what chance found in other code. No
example fails because the machine is busy."""
settings.register_profile("check", settings.get_profile("whole"), max_examples=15)
"""`make check` (`--hypothesis-profile=check`): a seventh of the examples."""
settings.register_profile(
    "random", settings.get_profile("whole"), max_examples=1000, derandomize=False, print_blob=True
)
"""`make test-all` (`--hypothesis-profile=random`): ten times as many, and other ones each time."""
settings.load_profile("whole")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", metavar="SEED", help="shuffle the files, and the tests in each")


def pytest_configure() -> None:
    """Undo what the parent process left: ignored signals (nohup, a background job) and variables."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLERS)
    for number in HANDLERS:
        if signal.getsignal(number) is signal.SIG_IGN:
            # A handler, not SIG_DFL: programs under test start with the default, and a run under nohup goes on.
            signal.signal(number, signal.default_int_handler if number is signal.SIGINT else _stay)
        HANDLERS[number] = signal.getsignal(number)
    for name in (*FOREIGN_VARIABLES, *(name for name in os.environ if name.startswith("BOKS_EXPORTER_"))):
        os.environ.pop(name, None)


def _stay(_number: int, _frame: object) -> None:
    """Do nothing."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measure coverage in some tests only, and shuffle where asked to; by files, since a file stays in one process.

    Measuring doubles the CPU time of a test. The floor of the pure core is about behaviour that a quick test shows;
    what only a whole process or a matrix of faults happens to pass through is not covered by that.
    """
    for item in items:
        if item.path.relative_to(TESTS).parts[0] not in MEASURED:
            item.add_marker(pytest.mark.no_cover)
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    order = list(files.values())
    if seed := config.getoption("shuffle"):
        dice = random.Random(seed)  # noqa: S311 - an order, not a secret
        for tests in order:
            dice.shuffle(tests)
        dice.shuffle(order)
    elif hasattr(config, "workerinput"):
        order = [files[path] for path in _mixed(list(files))]
    items[:] = [item for tests in order for item in tests]


def _mixed(paths: list[Path]) -> list[Path]:
    """Order files for several processes: the longest first, then those that wait evenly among those that compute."""
    waiting = [path for path in paths if path.relative_to(TESTS).parts[0] in WAITING and path.name not in LONG]
    computing = [path for path in paths if path.relative_to(TESTS).parts[0] not in WAITING]
    shares = [(index / len(group), path) for group in (waiting, computing) for index, path in enumerate(group)]
    first = sorted((path for path in paths if path.name in LONG), key=lambda path: LONG.index(path.name))
    return [*first, *(path for _, path in sorted(shares))]


def pytest_collection_finish() -> None:
    """Exempt everything loaded so far from garbage collection: it lives to the end, and is most of the heap."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def journals(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a directory for journals, in memory where possible: on a disk each write waits for it.

    Temporary files of the program under test, such as a rehearsal's journal, are put there, too.
    """
    memory = Path("/dev/shm")  # noqa: S108 - only used where it is
    with tempfile.TemporaryDirectory(prefix="boks-journal-", dir=memory if memory.is_dir() else None) as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


@pytest.fixture(autouse=True)
def process_as_at_the_start() -> Iterator[None]:
    """Reset what tests of one process share: the logs, the options that commands repeat, and what signals do."""
    structlog.reset_defaults()
    repeat_options(())
    yield
    for number, handler in HANDLERS.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)
