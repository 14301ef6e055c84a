"""docs/failover.md against what it is written from."""

from scripts.generate_failover_doc import PAGE, page


def test_the_page_is_current() -> None:
    """Tables, guards, exit codes and transcripts are those of the program; `make docs` fills them."""
    assert PAGE.read_text(encoding="utf-8") == page()
