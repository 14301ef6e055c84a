"""An excerpt of `make soak`: real hosts behind routers, six faults at once, then kill -9 of the exporter.

A test for each fault and for each invariant of a host: files with many tests are begun first, and this one waits.
"""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.bed.catalogue import KINDS
from tests.bed.layout import HOSTS
from tests.bed.options import Options
from tests.bed.private import run_privately
from tests.load import slowness

FAULTS: Final = (
    "half-open",
    "host key replaced",
    "kill -9",
    "link down",
    "new address",
    "replies lost",
    "sshd killed",
)
INVARIANTS: Final = (
    "fresh where no fault is",
    "nothing unknown is shown",
    "reasons",
    "right within three intervals",
)
_SLOWNESS: Final = slowness()
OPTIONS: Final = Options(
    seed=15, interval=5.0 * _SLOWNESS, seconds=120.0 * _SLOWNESS, together=6, kinds=FAULTS, episodes=2
)
"""Rounds are far apart, and further on a busy machine, so that it has time for each; a slow one only begins later."""

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Run the bed once; everything is its own, down to the users, and ends with it."""
    return run_privately(OPTIONS)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_was_set_and_the_page_was_read_meanwhile(found: dict[str, Any], fault: str) -> None:
    assert [each["hosts"] for each in found["faults"] if each["name"] == fault] != []
    assert found["pages"] > 2 * KINDS[fault].lasts


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("invariant", INVARIANTS)
def test_an_invariant_of_a_host_holds_at_every_moment(found: dict[str, Any], invariant: str, host: str) -> None:
    """Hosts without a fault stay fresh, those with one are shown as they are, and recover in time."""
    assert [each for each in found["broken"] if (each["invariant"], each["host"]) == (invariant, host)] == []


def test_the_exporter_answers_at_every_moment_and_shows_at_most_one_master(found: dict[str, Any]) -> None:
    assert [each for each in found["broken"] if not each["host"]] == []


def test_nothing_of_the_bed_is_left(found: dict[str, Any]) -> None:
    """No file, no mount and no process, though nothing was ended one by one."""
    directory = found["directory"]
    assert not Path(directory).exists()
    assert directory not in Path("/proc/self/mounts").read_text(encoding="utf-8")
    assert [each for each in Path("/proc").glob("[0-9]*/cmdline") if directory in _text(each)] == []


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def test_a_bed_that_fails_shows_why() -> None:
    options = Options(seed=1, interval=5.0, seconds=1.0, kinds=("no such fault",))
    with pytest.raises(RuntimeError, match="no such fault"):
        run_privately(options)
