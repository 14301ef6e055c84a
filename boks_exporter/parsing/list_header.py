"""Recognition of the header of `boksdiag list` and of the column positions that it shows.

Its first line is read (K1456, H), the second inferred (`PCKT FAIL SYNC - STATUS`, L), so neither is required, their
order does not matter, and one line with the labels of both is accepted.
"""

import re
from functools import lru_cache
from typing import Final, TypeAlias

Span: TypeAlias = tuple[int, int]
Column: TypeAlias = int

PACKET, FAILURE, SYNC, COUNT, STATUS = range(5)

_COLUMN_BY_LABEL: Final = {
    "PCKT": PACKET,
    "PACKET": PACKET,
    "FAIL": FAILURE,
    "FAILURE": FAILURE,
    "SYNC": SYNC,
    "COUNT": COUNT,
    "STATUS": STATUS,
}
_WORDS: Final = frozenset({"SERVER", "HOST", "REPLICA", "SINCE", "LAST", "-", *_COLUMN_BY_LABEL})
_LABEL: Final = re.compile(
    rf"(?:SINCE )?(?:LAST )?\b({'|'.join(_COLUMN_BY_LABEL)})\b|\bSINCE LAST\b|\bLAST\b", re.IGNORECASE
)
_A_DIGIT: Final = re.compile(r"[0-9]")  # no label has one, nearly every row has
_UNDERLINE: Final = re.compile(r"[-=+|\s]+")
_DURATIONS: Final = 3
_ENOUGH_LABELS: Final = 2

MEASURED: Final = 500
"""Characters of a line in which columns are searched; no longer line is a header or is cached."""


def is_header(line: str) -> bool:
    """Recognise either line: SERVER and a label more, since its end may be cut off, or nothing but labels."""
    return len(line) <= MEASURED and _A_DIGIT.search(line) is None and _is_header(line)


@lru_cache(maxsize=64)
def _is_header(line: str) -> bool:
    """Cached: the header is the same in every round."""
    words = line.split()
    labels = {word.upper() for word in words} & _WORDS
    if words and words[0].upper() == "SERVER":
        return len(labels) >= _ENOUGH_LABELS
    return all(word.upper() in _WORDS for word in words) and len(labels - {"-"}) >= _ENOUGH_LABELS


def is_underline(line: str) -> bool:
    """Recognise a line that underlines a header."""
    return _UNDERLINE.fullmatch(line) is not None


@lru_cache(maxsize=64)
def labels_of(header: str) -> tuple[tuple[Column, Span], ...]:
    """Find the columns that a header line labels; three SINCE LAST are packet, failure, sync, in this order."""
    labels = []
    since_last = []
    for match in _LABEL.finditer(header):
        if match[1]:
            labels.append((_COLUMN_BY_LABEL[match[1].upper()], match.span()))
        elif match[0].upper() == "LAST":
            labels.append((STATUS, match.span()))
        else:
            since_last.append(match.span())
    return (*labels, *enumerate(since_last)) if len(since_last) == _DURATIONS else tuple(labels)
