"""Durations and sizes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.text.units import as_duration, as_size, duration, size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1d", 86400),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        ("0s", 0),
        ("2m5s", 125),
    ],
)
def test_a_duration_has_units(text: str, seconds: float) -> None:
    """Several units may follow one another, the largest first."""
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "30", 30, 30.0, None, "s", "-1s", "5m1h", "1.5m", "1 h", "30S", "٣s", "1e3s", "30s ", "1ms1s", [30]]
)
def test_anything_else_is_no_duration(text: object) -> None:
    """A bare number, another order, blanks, signs, foreign digits: nothing is guessed."""
    with pytest.raises(ValueError, match="expected a duration such as 30s, 5m or 1h30m, found"):
        duration(text)


def test_a_year_is_the_longest_duration() -> None:
    """A longer one is a slip, and cannot overflow anything later."""
    assert duration("365d") == 365 * 86400
    with pytest.raises(ValueError, match="at most 365d"):
        duration("365d1ms")


@pytest.mark.parametrize(("text", "count"), [("10B", 10), ("512KiB", 524288), ("4MiB", 4194304), ("1GiB", 1073741824)])
def test_a_size_has_a_unit(text: str, count: int) -> None:
    """Sizes count in powers of two, and say so."""
    assert size(text) == count
    assert as_size(count) == text


@pytest.mark.parametrize("text", ["", "4", 4, "4MB", "4 MiB", "1.5MiB", "-1B", None])
def test_anything_else_is_no_size(text: object) -> None:
    """A bare number or a decimal unit is refused."""
    with pytest.raises(ValueError, match="expected a size such as 512KiB or 4MiB, found"):
        size(text)


@given(st.integers(min_value=0, max_value=365 * 86_400_000))
def test_a_written_duration_reads_back(milliseconds: int) -> None:
    """What the documentation shows as a default means that default."""
    assert round(duration(as_duration(milliseconds / 1000)) * 1000) == milliseconds
