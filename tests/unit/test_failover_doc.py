"""docs/failover.md against what it is written from."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    """Tables, guards, exit codes and transcripts are those of the program; `make docs` writes them anew."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "scripts" / "generate_failover_doc.py")
    assert spec
    assert spec.loader
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.PAGE.read_text(encoding="utf-8") == generator.page()
