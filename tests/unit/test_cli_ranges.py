"""Threshold ranges of monitoring plugins."""

import pytest

from boks_exporter.cli.check.ranges import read_range


@pytest.mark.parametrize(
    ("text", "fine", "alerting"),
    [
        ("10", [0, 5, 10], [-1, 10.5, 11]),
        ("10:", [10, 11, 1e9], [-1, 0, 9.9]),
        ("~:10", [-1e9, 0, 10], [10.5, 11]),
        ("10:20", [10, 15, 20], [9, 21]),
        ("@10:20", [9, 21], [10, 15, 20]),
        ("@5", [-1, 6], [0, 5]),
        ("-5:5", [-5, 0, 5], [-6, 6]),
        ("0", [0], [-1, 1]),
        ("0:0", [0], [1]),
        ("1.5:2.5", [1.5, 2], [1.4, 2.6]),
        ("~:", [-1e9, 0, 1e9], []),
    ],
)
def test_a_range_alerts_outside_of_itself(text: str, fine: list[float], alerting: list[float]) -> None:
    """Both ends belong to the range, a missing start is 0, a tilde is minus infinity, and @ turns it around."""
    found = read_range(text)

    assert [value for value in fine if found.alerts(value)] == []
    assert [value for value in alerting if not found.alerts(value)] == []
    assert found.text == text


@pytest.mark.parametrize("text", ["", ":", "@", "x", "10-20", "1:2:3", "~", "@~", "1e3", "10 ", "٣", "9" * 30])
def test_anything_else_is_no_range(text: str) -> None:
    """What is not understood is refused; a threshold that never alerts would be worse than none."""
    with pytest.raises(ValueError, match="expected a range"):
        read_range(text)


def test_a_range_is_not_upside_down() -> None:
    """A start above the end is a slip."""
    with pytest.raises(ValueError, match="start is not above its end, found '20:10'"):
        read_range("20:10")
