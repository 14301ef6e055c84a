"""docs/failover-rehearsal.md against what it is written from."""

from pathlib import Path

from scripts.generate_rehearsal_doc import PAGE, page

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    """Faults and transcripts are those of the program; `make docs` fills them."""
    assert PAGE == ROOT / "docs" / "failover-rehearsal.md"
    assert PAGE.read_text(encoding="utf-8") == page()
