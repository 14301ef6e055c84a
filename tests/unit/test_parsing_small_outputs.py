"""Outputs of a few lines: what each line sets, and which lines are unread."""

import pytest

from boks_exporter.errors import ParseError
from boks_exporter.model import Environment, UnreadLine
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.parsing.diskspace import parse_diskspace
from boks_exporter.parsing.env import parse_env
from boks_exporter.parsing.errlog import parse_errlog
from boks_exporter.parsing.ignored_lines import IgnoreRule, mark_ignored
from boks_exporter.parsing.queue import parse_queue
from tests.unit.parsing_samples import HOST_CLOCK

DAY, MINUTE = 86400.0, 60.0


def environment(line: str) -> tuple[str | None, int]:
    """Read a line after `SHM_SIZE`: the role, and the number of unread lines."""
    found = parse_env(f"SHM_SIZE=16000\n{line}\n")
    return found.boksinit, len(found.unread_lines)


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("BOKSINIT=server", "server"),
        ("  export BOKSINIT=server  ", "server"),
        ("BOKSINIT=server;", "server"),
        ("BOKSINIT=server; export BOKSINIT", "server"),
        ("BOKSINIT=server ; export BOKSINIT SHM_SIZE # both", "server"),
        ("BOKSINIT=server # was master", "server"),
        ("BOKSINIT=server#1", "server#1"),
        ("BOKSINIT='server'", "server"),
        ('BOKSINIT="server" # was master', "server"),
        ("BOKSINIT=", ""),
        ("# BOKSINIT=server", None),
        ("export BOKSINIT SHM_SIZE", None),
        ("OLD_BOKSINIT=server", None),
        ("", None),
    ],
)
def test_a_line_of_env_that_is_read(line: str, role: str | None) -> None:
    assert environment(line) == (role, 0)


@pytest.mark.parametrize(
    "line",
    [
        "BOKSINIT='server'x",
        "BOKSINIT='server'#1",
        "BOKSINIT='server",
        "BOKSINIT=server; reboot",
        "BOKSINIT='server' reboot",
        "BOKSINIT=server'x'",
        "BOKSINIT=server; export 1x",
        "BOKSINIT=server; export BOKSINIT 1x",
        "if true; then BOKSINIT=server; fi",
        "unset BOKSINIT",
        "BOKSINIT-=server",
    ],
)
def test_a_line_of_env_that_may_do_anything_is_unread(line: str) -> None:
    assert environment(line) == (None, 1)


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("BOKSINIT=client; reboot", None),
        ("SHM_SIZE=big", "server"),
        ("BOKSINIT=client", "client"),
        ("reboot", "server"),
    ],
)
def test_a_role_that_is_set_again_unreadably_is_not_known(line: str, role: str | None) -> None:
    found = parse_env(f"BOKSINIT=server\nSHM_SIZE=16000\n{line}\n")
    assert (found.boksinit, found.shm_size_kilobytes) == (role, 16000)


@pytest.mark.parametrize(("word", "is_gone"), [("absent", True), ("present", False), ("", False)])
def test_a_database_is_absent_only_by_that_word(word: str, *, is_gone: bool) -> None:
    assert parse_env(f"BOKSINIT=client\ndatabase={word}\n").has_no_database is is_gone


# -- the sizes that the gate prints ------------------------------------------------------------------------------------

HUGE = "99999999999999999999"


@pytest.mark.parametrize("again", ["free_kilobytes=7", f"total_kilobytes={HUGE}", "used_kilobytes=7"])
def test_of_the_free_space_the_first_line_counts(again: str) -> None:
    found = parse_diskspace(f"free_kilobytes=2\n{again}\n\n")
    assert (found.free_bytes, found.total_bytes, [line.text for line in found.unread_lines]) == (2048, None, [again])
    with pytest.raises(ParseError):
        parse_diskspace(f"free_kilobytes={HUGE}\ntotal_kilobytes=2\n")


def test_of_the_error_log_the_first_size_counts() -> None:
    found = parse_errlog(f"lines={HUGE}\nlines=3\nlines=4\n> Checksum mismatch\n>\nrubbish\n\n")
    assert (found.lines, found.tail) == (3, ("Checksum mismatch", ""))
    assert [line.text for line in found.unread_lines] == [f"lines={HUGE}", "lines=4", "rubbish"]


def oldest(date: str, clock: float | None = HOST_CLOCK) -> float | None:
    """Return the age of a file of this date; the host's clock shows 2026-11-23 08:40:12."""
    return parse_queue(f"files=2\noldest=-rw-r----- 1 root root 312 {date} dd_fcom_4711\n", clock).oldest_age


@pytest.mark.parametrize(
    ("date", "age"),
    [
        ("Nov 23 08:12", 28 * MINUTE + 12),
        ("Nov 23 08:40", 12.0),
        ("Nov 23 08:41", 0.0),
        ("Nov 24 08:40", 0.0),
        ("Nov 24 08:41", 364 * DAY - MINUTE + 12),
        ("Dec 1 08:40", 357 * DAY + 12),
        ("Nov 23  2025", 365 * DAY + 8 * 3600 + 40 * MINUTE + 12),
        ("Nov 30  2026", 0.0),
        ("Feb 29 08:40", None),
    ],
)
def test_the_age_of_the_oldest_file(date: str, age: float | None) -> None:
    """A date without a year that is more than a day ahead of the host's clock is one of the year before."""
    assert oldest(date) == (None if age is None else pytest.approx(age))
    assert oldest(date, None) is None


def test_a_date_that_is_a_day_ahead_is_one_of_a_wrong_clock() -> None:
    assert oldest("Nov 24 08:40", HOST_CLOCK - 12.0) == 0.0


def test_of_the_queue_the_first_lines_count() -> None:
    line = "oldest=-rw-r----- 1 root root 312 Nov 23 08:{} dd_fcom_4711"
    text = f"files={HUGE}\nfiles=2\nfiles=3\noldest=x Feb 30 08:12 y\n{line.format(12)}\n{line.format(30)}\n\n"
    found = parse_queue(text, HOST_CLOCK)
    assert (found.files, found.oldest_age) == (2, 28 * MINUTE + 12)
    assert [line.line for line in found.unread_lines] == [1, 3, 4, 6]


# -- ignored lines -----------------------------------------------------------------------------------------------------

RULES = (IgnoreRule(pattern="BoKS .*", reason="banner"), IgnoreRule(pattern=".*", reason="anything"))


def test_the_first_rule_that_matches_a_whole_line_is_its_reason() -> None:
    lines = (UnreadLine(1, "  BoKS 6.5 "), UnreadLine(2, "the BoKS 6.5"), UnreadLine(3, "BoKS 7", stands_for=2))
    fact = Environment("server", unread_lines=lines)
    assert [line.ignored for line in mark_ignored(fact, RULES).unread_lines] == ["banner", "anything", None]
    assert [line.ignored for line in mark_ignored(fact, RULES[:1]).unread_lines] == ["banner", None, None]
    for same, rules in ((fact, ()), (Environment("server"), RULES)):
        assert mark_ignored(same, rules) is same


# -- stamps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("13678d 8:33:46", 13678 * DAY + 8 * 3600 + 33 * MINUTE + 46),
        ("0d 0:00:00", 0.0),
        ("1D 23:59:59", 2 * DAY - 1),
        ("1d 24:00:00", None),
        ("1d 0:60:00", None),
        ("1d 0:00:60", None),
        ("2000d 19:20", 2000 * DAY + 19 * MINUTE + 20),
        ("999999d 0:00:01", 999999 * DAY + 1),
        ("1000000d 0:00:01", None),
        ("999:59:59", 1000 * 3600 - 1.0),
        ("1000:00:00", None),
        ("d 0:00:01", None),
        ("1x 0:00:01", None),
        ("1d", None),
    ],
)
def test_a_stamp(stamp: str, seconds: float | None) -> None:
    (row,) = parse_sequence(f"T7 {stamp} 5053 (5053)\n").tables
    assert (row.sequence, row.stamp) == (5053, seconds)
