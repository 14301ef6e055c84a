"""The first chapter, followed literally: from `pip install` of the wheel to Prometheus, with sshd on port 22."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="boks-walk-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_the_first_chapter_leads_to_its_end_in_ten_minutes(directory: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        str(directory / "wheel"),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)
    (wheel,) = (directory / "wheel").glob("*.whl")
    walk = [sys.executable, "-m", "tests.slow.first_domain_walk", "machine", str(directory / "machine"), str(wheel)]
    ran = subprocess.run(["unshare", "-m", *walk], capture_output=True, text=True, timeout=800, cwd=ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    times = json.loads(ran.stdout.splitlines()[-1])
    print(times)  # noqa: T201 - shown with -s
    assert set(times) == {"install", "init", "gates", "doctor and status", "scrape"}
    assert sum(times.values()) < 600
