"""promtool finds nothing on any page that is known to be right."""

import subprocess
from pathlib import Path

import pytest

from boks_exporter.web import ProcessMetrics, prepare
from tests.unit.exposition_views import INFO, published

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.mark.parametrize("page", sorted(GOLDEN.glob("*.prom")), ids=lambda page: page.stem)
def test_promtool_finds_nothing(page: Path) -> None:
    """No lint on names, units, types or HELP texts."""
    done = subprocess.run(["promtool", "check", "metrics"], input=page.read_bytes(), capture_output=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_promtool_finds_nothing_on_a_page_with_the_process() -> None:
    """The metrics of the exporter's own process are appended to those of the hosts."""
    page = prepare((published(),), INFO, ProcessMetrics().blocks(), is_ready=True).classic.plain
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_promtool_would_find_something() -> None:
    """The check that finds nothing is one that can."""
    done = subprocess.run(["promtool", "check", "metrics"], input=b"a_total 1\n", capture_output=True, timeout=120)
    assert done.returncode == 3
