"""Durations on the command line."""

import click
import pytest

from boks_exporter.cli.options import DURATION
from boks_exporter.text.units import duration


@pytest.mark.parametrize("text", ["30s", "5m", "1h30m", "1d", "1.5s", "250ms", "2m5s"])
def test_durations_are_those_of_the_configuration(text: str) -> None:
    """What may stand in the file may be typed, and means the same."""
    assert DURATION.convert(text, None, None) == duration(text)


def test_a_bare_number_is_in_seconds() -> None:
    """Monitoring plugins have it so."""
    assert DURATION.convert("10", None, None) == 10.0


@pytest.mark.parametrize("text", ["", "0", "0s", "s", "-1s", "1.5", "5m1h", "366d", "soon"])
def test_anything_else_is_wrong_usage(text: str) -> None:
    """No deadline is guessed."""
    with pytest.raises(click.BadParameter, match="expected a duration"):
        DURATION.convert(text, None, None)
