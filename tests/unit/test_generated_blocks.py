"""Generated blocks of Markdown pages."""

import pytest

from scripts.generated_blocks import PageError, filled

PAGE = "# T\n\n<!-- generated: one -->\nold\n<!-- end -->\n\nprose\n\n<!-- generated: two -->\n<!-- end -->\n"


def test_blocks_are_replaced_and_all_else_is_kept() -> None:
    """A block is a text or lines; blank lines around it are set by the filler."""
    assert filled(PAGE, {"one": "\n| a |\n", "two": ["b", "", "c"]}) == (
        "# T\n\n<!-- generated: one -->\n\n| a |\n\n<!-- end -->\n\nprose\n\n"
        "<!-- generated: two -->\n\nb\n\nc\n\n<!-- end -->\n"
    )


def test_filling_twice_changes_nothing() -> None:
    """Also where a block holds what a regular expression would read as a group."""
    blocks = {"one": r"\1 \g<name>", "two": "x"}
    assert filled(filled(PAGE, blocks), blocks) == filled(PAGE, blocks)


@pytest.mark.parametrize(
    "blocks", [{"one": "a"}, {"one": "a", "two": "b", "three": "c"}, {}], ids=["missing", "unknown", "none"]
)
def test_blocks_and_marks_must_match(blocks: dict[str, str]) -> None:
    """A mark that nothing fills would go stale without notice."""
    with pytest.raises(PageError, match=r"found \['one', 'two'\]"):
        filled(PAGE, blocks)


@pytest.mark.parametrize(
    "page",
    [
        PAGE.replace("<!-- end -->", "", 1),
        PAGE.replace("<!-- generated: two -->", "<!-- generated: a name -->"),
        PAGE.replace("<!-- generated: two -->", "<!-- generated: one -->"),
        PAGE + "<!-- end -->\n",
    ],
    ids=["no end", "unreadable name", "twice", "end alone"],
)
def test_broken_marks_are_refused(page: str) -> None:
    """Rather than a part of the page being overwritten."""
    with pytest.raises(PageError):
        filled(page, {"one": "a", "two": "b"})
