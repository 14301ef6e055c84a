"""The documentation as a site: complete, searchable, and without anything from elsewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"

_LOADED = re.compile(r'<(?:script|img|iframe)[^>]+src="(https?:[^"]+)"|<link[^>]+href="(https?:[^"]+)"')

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    done = subprocess.run([sys.executable, "scripts/site.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_is_built_and_found_by_the_search() -> None:
    """A page that the search does not know is not found by a person in a hurry."""
    index = json.loads((SITE / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].split("#")[0] for entry in index["docs"]}
    pages = {str(page.relative_to(ROOT).with_suffix(".html")) for page in (ROOT / "docs").rglob("*.md")}
    names = {name.replace("README.html", "index.html") for name in pages}
    assert len(names) > 20
    assert names <= found


def test_no_page_loads_anything_from_elsewhere() -> None:
    """Machines that show this often reach no other network."""
    pages = list(SITE.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]+src="(https?:[^"]+)"|<link[^>]+href="(https?:[^"]+)"', page.read_text("utf-8")
        )
        assert loaded == [], page
