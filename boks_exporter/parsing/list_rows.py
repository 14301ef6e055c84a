"""Parser of one row of `boksdiag list`: a name, up to three durations, a count, a status."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from boks_exporter.model import ReplicaLine, ReportedStatus, Seconds
from boks_exporter.parsing.durations import days_and_time, duration_at, minutes_seconds, time_alone
from boks_exporter.parsing.fast_construction import replica_line
from boks_exporter.parsing.text_lines import number

Ages: TypeAlias = tuple[Seconds | None, Seconds | None, Seconds | None]
"""Since the last packet, the last failure and the last sync."""

AGES: Final = 3

_BLANKS: Final = frozenset({"-", "--", "---", "n/a", "never"})
"""Words that might be printed in a blank cell; none of them has been seen (U)."""

# Printable ASCII with a letter or a dot in it; excludes durations, numbers and `Total:`.
_NAME: Final = re.compile(r"(?![0-9]+[Dd]$)[!-~]*[A-Za-z.][!-~]*(?<!:)")
_NO_STATUS: Final = re.compile(r"\(?[0-9]")  # a number, or one in parentheses as `boksdiag sequence` prints it
_STATUS_BY_WORD: Final = {word.upper(): word for word in ReportedStatus if word is not ReportedStatus.OTHER}
_status_in_capitals: Final = _STATUS_BY_WORD.get
_STATUS_IN_LINE: Final = re.compile(
    r"\b(?:DOWN|LOADING)\b | ^\W*[A-Za-z].*\b(?i:down|loading)\W*$ | ^\W*[A-Za-z][\w.-]*[^\w.-][^A-Za-z]*OK\W*$",
    re.VERBOSE,
)
_LIKE_A_HOST: Final = re.compile(r"[A-Za-z][A-Za-z0-9.-]*[0-9][A-Za-z0-9.-]*")
_SEARCHED: Final = 500
_SURELY_64_BITS: Final = 20
_FEWEST_WORDS: Final = 2
_ENOUGH_NUMBERS: Final = 2


@dataclass(frozen=True, slots=True)
class ListRow:
    """The words of a row; the columns of the durations are certain only if there are three.

    `age_words` gives for each duration its first word and the one after its last; `count_word` is None without a count.
    """

    name: str
    ages: tuple[Seconds | None, ...]
    age_words: tuple[tuple[int, int], ...]
    count: int | None
    count_word: int | None
    status_word: int
    raw_status: str

    def fact(self, ages: Ages) -> ReplicaLine:
        """Make the fact with these durations."""
        return replica_line(self.name, *ages, self.count, status_of(self.raw_status), self.raw_status)

    def ages_by_number(self) -> Ages:
        """Assign durations by their number: three are clear; two have no failure (L); one is not assigned."""
        if len(self.ages) == AGES:
            return self.ages[0], self.ages[1], self.ages[2]
        return (self.ages[0], None, self.ages[1]) if len(self.ages) == AGES - 1 else (None, None, None)

    def ages_by_column(self, columns: tuple[int, ...]) -> Ages:
        """Assign each duration to its column, counted from the packet's."""
        by_column = dict(zip(columns, self.ages, strict=True))
        return by_column.get(0), by_column.get(1), by_column.get(2)


def status_of(raw: str) -> ReportedStatus:
    """Compare without case; any word that is not exactly a known one is OTHER, `OK?` and `NOT OK` included."""
    return _STATUS_BY_WORD.get(raw.upper(), ReportedStatus.OTHER)


def common_row(words: list[str]) -> ReplicaLine | None:
    """Parse a row of the common form, as nearly all are, in a fraction of `row_of`'s time.

    The form is: ASCII words; two or three durations, days only in the failure; a count; a known status in capitals.
    Any other row returns None. Two durations are read as packet and sync; columns may correct this later. A test
    compares the result with that of `row_of`.
    """
    since_failure: Seconds | None = None
    length = len(words)
    if length == 7:  # noqa: PLR2004  # with days
        name, packet, days, failure, sync, count, raw_status = words
        since_failure = days_and_time(days, failure)
    elif length == 6:  # noqa: PLR2004  # without days
        name, packet, failure, sync, count, raw_status = words
        since_failure = minutes_seconds(failure) or time_alone(failure)
    elif length == 5:  # noqa: PLR2004  # without a failure
        name, packet, sync, count, raw_status = words
    else:
        return None
    since_packet = minutes_seconds(packet)
    since_sync = minutes_seconds(sync) or time_alone(sync)
    status = _status_in_capitals(raw_status)
    if since_packet is None or since_sync is None or status is None or (since_failure is None and length > 5):  # noqa: PLR2004  # words without a failure
        return None
    if not (count.isdecimal() and len(count) < _SURELY_64_BITS):
        return None
    if not ((name.isalnum() or (name.isprintable() and name[-1] != ":")) and name[0].isalpha()):
        return None
    return replica_line(name, since_packet, since_failure, since_sync, int(count), status, raw_status)


def row_of(words: list[str], *, below_header: bool) -> ListRow | None:
    """Parse any row: durations after the name, a count if there is one, and the status from there to the line's end.

    A status is never numeric, so that a line with an unreadable duration or a cut end is not a row. A sentence must not
    be taken for a row: a row has a known status and one number, or a known status below a header, or two numbers and
    any status.
    """
    if len(words) < _FEWEST_WORDS or not _NAME.fullmatch(words[0]):
        return None
    ages, age_words, at = _ages_from(words, 1)
    count_word = at if at < len(words) - 1 and _is_count(words[at]) else None
    status_word = at if count_word is None else at + 1
    if status_word >= len(words) or _NO_STATUS.match(words[status_word]) or _has_number(words[status_word + 1 :]):
        return None
    row = ListRow(
        name=words[0],
        ages=ages,
        age_words=age_words,
        count=None if count_word is None else number(words[count_word]),
        count_word=count_word,
        status_word=status_word,
        raw_status=" ".join(words[status_word:]),
    )
    return row if _is_credible(row, below_header=below_header) else None


def partial_row(words: list[str]) -> ReplicaLine | None:
    """Parse the name and the status of a row whose durations or count cannot be read."""
    if (
        len(words) <= _FEWEST_WORDS
        or not _NAME.fullmatch(words[0])
        or not is_like_a_row(words)
        or _is_status(words[-2])
    ):
        return None
    status = status_of(words[-1])
    if status is ReportedStatus.OTHER or any(map(_is_status, words[1:-1])):
        return None
    return ReplicaLine(words[0], None, None, None, None, status, words[-1])


def is_like_a_row(words: list[str]) -> bool:
    """Whether a line that is not a row looks like one: a first word, then no word of a sentence, and figures.

    One figure is enough if it is a time of day or unreadable (`?????`): `Total 5` is not like a row. Any words
    may follow as many figures as every row has, as its status: `Printed 2026-11-30 04:01 UTC` is not like a row.
    Cells that are blank leave a name such as `R1`, alone or with a status, or with dashes in them.
    """
    if not words or words[0].endswith(":"):
        return False
    cells = words[1:]
    if len(cells) < _FEWEST_WORDS and _LIKE_A_HOST.fullmatch(words[0]) and not any(map(_is_figure, "".join(cells))):
        return True
    if len(cells) > 1 and words[0][0].isalnum() and all(word.lower() in _BLANKS for word in cells):
        return True
    if len(cells) > AGES and all(any(map(_is_figure, word)) for word in cells[:AGES]):
        return True
    if any(word.isalpha() and not (_is_status(word) or word.lower() in _BLANKS) for word in cells):
        return False
    figures = sum(any(map(_is_figure, word)) for word in cells)
    return figures >= _ENOUGH_NUMBERS or any(":" in word or "?" in word for word in cells)


def has_status(line: str) -> bool:
    """Whether a line has a bad status in capitals, or begins with a name and ends with a status: no footer does.

    Between a name and OK there are no words: `All replicas OK` hides nothing.
    """
    return _STATUS_IN_LINE.search(line[:_SEARCHED]) is not None


def _is_figure(character: str) -> bool:
    return character.isdigit() or character == "?"


def _is_status(word: str) -> bool:
    return word.upper() in _STATUS_BY_WORD


def _has_number(words: list[str]) -> bool:
    """Whether a status is followed by figures, as where two rows are on one line."""
    return any(time_alone(word) is not None or number(word) is not None for word in words)


def first_unread_word(words: list[str]) -> int | None:
    """Find the first unreadable word of a line that begins like a row; None if it does not begin like one."""
    if not words or not _NAME.fullmatch(words[0]):
        return None
    _, _, at = _ages_from(words, 1)
    at += at < len(words) and _is_count(words[at])
    return at if at > 1 else None


def _ages_from(words: list[str], at: int) -> tuple[tuple[Seconds | None, ...], tuple[tuple[int, int], ...], int]:
    ages: list[Seconds | None] = []
    spans: list[tuple[int, int]] = []
    while len(ages) < AGES and at < len(words):
        found = duration_at(words, at) or ((None, at + 1) if words[at].lower() in _BLANKS else None)
        if found is None:
            break
        ages.append(found[0])
        spans.append((at, found[1]))
        at = found[1]
    return tuple(ages), tuple(spans), at


def _is_count(word: str) -> bool:
    return number(word) is not None or word.lower() in _BLANKS


def _is_credible(row: ListRow, *, below_header: bool) -> bool:
    numbers = sum(age is not None for age in row.ages) + (row.count is not None)
    if status_of(row.raw_status) is ReportedStatus.OTHER:
        return numbers >= _ENOUGH_NUMBERS
    return below_header or bool(row.ages) or row.count_word is not None
