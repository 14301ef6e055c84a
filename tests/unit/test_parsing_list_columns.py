"""Durations of rows with blank cells are assigned by their columns, however these are aligned."""

import pytest

from boks_exporter.parsing.boksdiag_list import parse_list

LEFT = (
    "SERVER     SINCE LAST    SINCE LAST    SINCE LAST    COUNT    LAST",
    "           PCKT          FAIL          SYNC                   STATUS",
)
WHOLE = ("REPHOST5", "00:49", "523D 5:19:20", "04:49", "1853521", "OK")
WIDTHS = (11, 14, 14, 14, 9, 6)
FIRST, SECOND, THIRD = 49.0, 120.0, 300.0

Ages = tuple[float | None, float | None, float | None]


def laid_out(cells: tuple[str, ...], align: str, moved: int = 0) -> str:
    """Lay out a row in columns; the name is at the left, and a long one moves the rest to the right."""
    name, *others = (*cells,)
    rest = "".join(f"{cell:{align}{width - 2}}  " for cell, width in zip(others, WIDTHS[1:], strict=True))
    return f"{name:{WIDTHS[0] + moved}}{rest}"


def ages(cells: tuple[str, ...], align: str, *more: str, moved: int = 0) -> Ages:
    """Read a row below a header and further lines."""
    text = "\n".join((*LEFT, *more, laid_out(cells, align, moved)))
    line = parse_list(f"{text}\n").lines[-1]
    return line.since_packet, line.since_failure, line.since_sync


BLANK = [
    (("R1", "00:49", "02:00", "05:00", "7", "OK"), (FIRST, SECOND, THIRD)),
    (("R1", "00:49", "", "05:00", "7", "OK"), (FIRST, None, THIRD)),
    (("R1", "00:49", "02:00", "", "7", "OK"), (FIRST, SECOND, None)),
    (("R1", "", "02:00", "05:00", "7", "OK"), (None, SECOND, THIRD)),
    (("R1", "", "02:00", "", "7", "OK"), (None, SECOND, None)),
    (("R1", "", "", "05:00", "7", "OK"), (None, None, THIRD)),
    (("R1", "00:49", "", "", "7", "OK"), (FIRST, None, None)),
    (("R1", "00:49", "02:00", "", "", "OK"), (FIRST, SECOND, None)),
    (("R1", "00:49", "", "05:00", "", "OK"), (FIRST, None, THIRD)),
    (("R1", "", "3D 5:19:20", "05:00", "7", "DOWN"), (None, 3 * 86400 + 5 * 3600 + 19 * 60 + 20, THIRD)),
]


@pytest.mark.parametrize("align", ["<", ">", "^"], ids=["left", "right", "centred"])
@pytest.mark.parametrize(("cells", "expected"), BLANK)
def test_a_blank_cell_next_to_a_whole_row(cells: tuple[str, ...], expected: Ages, align: str) -> None:
    assert ages(cells, align, laid_out(WHOLE, align)) == expected


@pytest.mark.parametrize(("cells", "expected"), BLANK)
def test_a_blank_cell_below_a_header_alone(cells: tuple[str, ...], expected: Ages) -> None:
    assert ages(cells, "<") == expected


@pytest.mark.parametrize("moved", [1, 5, 9, 13, 20])
@pytest.mark.parametrize("align", ["<", ">"], ids=["left", "right"])
@pytest.mark.parametrize(("cells", "expected"), BLANK)
def test_a_long_name_moves_its_row(cells: tuple[str, ...], expected: Ages, align: str, moved: int) -> None:
    """The count and the status show by how much; a wrong column is never named."""
    name = "r-1" + "x" * (WIDTHS[0] - 4 + moved)
    found = ages((name, *cells[1:]), align, laid_out(WHOLE, align), moved=moved)
    by_number = (expected[0], None, expected[1])  # where no column is certain
    assert found in {expected, by_number if None not in by_number[::2] else (None, None, None)}
    if cells[4] and align == "<":
        assert found == expected


def test_tabs_separate_cells() -> None:
    lines = ["R1\t00:49\t\t05:00\t7\tOK", "R2\t00:49\t02:00\t\t7\tOK", "R3\t00:49\t02:00\t7\tOK"]
    found = parse_list("\n".join((*LEFT, *lines)) + "\n").lines
    assert [(each.since_packet, each.since_failure, each.since_sync) for each in found] == [
        (FIRST, None, THIRD),
        (FIRST, SECOND, None),
        (FIRST, None, SECOND),
    ]


@pytest.mark.parametrize("align", ["<", ">"], ids=["left", "right"])
@pytest.mark.parametrize(("cells", "expected"), [each for each in BLANK if each[0][4]])
def test_without_a_header_a_whole_row_shows_the_columns(cells: tuple[str, ...], expected: Ages, align: str) -> None:
    name = "r-1" + "x" * (WIDTHS[0] + 1)
    text = f"{laid_out(WHOLE, align)}\n{laid_out((name, *cells[1:]), align, 5)}\n"
    line = parse_list(text).lines[-1]
    assert (line.since_packet, line.since_failure, line.since_sync) == expected


def test_two_durations_below_one_label_are_assigned_by_their_number() -> None:
    row = f"{'R1':25}{'00:49 05:00':14}{'':14}{'7':9}OK"
    line = parse_list("\n".join((*LEFT, laid_out(WHOLE, "<"), row)) + "\n").lines[-1]
    assert (line.since_packet, line.since_failure, line.since_sync) == (FIRST, None, THIRD)
