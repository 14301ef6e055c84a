"""Amounts, durations and tables in the words of a sentence."""

import pytest

from boks_exporter.health.table_names import TABLE_NAMES, table_name, tables_named
from boks_exporter.text.formatting import in_words, updates


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (59.9, "59 s"),
        (60.0, "1 min 0 s"),
        (3599.0, "59 min 59 s"),
        (3600.0, "1 h 0 min"),
        (86399.0, "23 h 59 min"),
        (86400.0, "1 d 0 h"),
        (523 * 86400 + 5 * 3600, "523 d 5 h"),
    ],
)
def test_a_duration_is_reported_by_its_two_largest_units(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_updates_are_counted() -> None:
    """One is singular."""
    assert (updates(1), updates(0), updates(12)) == ("1 update", "0 updates", "12 updates")


def test_tables_are_named_where_a_name_is_known() -> None:
    """At most three are named, the rest is counted."""
    assert table_name(7) == "T7 (host group to host)"
    assert table_name(3) == "T3"
    assert tables_named([3]) == "T3"
    assert tables_named([3, 8, 10, 11, 12]) == "T3, T8, T10 and 2 more"
    assert len(set(TABLE_NAMES.values())) == len(TABLE_NAMES) == 24
