"""Recognition of tables in lines of `boksdiag sequence` that cannot be read.

A line that cannot be read may hide the number of a table. Which table it is decides what remains unknown, so a table is
recognised in more spellings than a row may have (`T 9`, `Table 9:`, `*T9`, full-width and other digits); none of them
has been seen (U).
"""

import re
import unicodedata
from typing import Final

from boks_exporter.model import TableNumber

_SEARCHED: Final = 500
"""Characters of a line in which tables are searched: more than any row has."""

_ROW: Final = re.compile(r"[\W_]*t(?:able)?[\W_]{0,2}\d", re.IGNORECASE)
_STAMP_AND_NUMBERS: Final = re.compile(r"\dd\s+[0-9]{1,2}:[0-9]{2}:[0-9]{2}\s+[0-9]+\s*\(")
_TABLE: Final = re.compile(r"(?<![^\W\d_])(?:t[ :#._-]?|table[\W_]{0,2})(\d{1,4})(?!\d)", re.IGNORECASE)


def is_like_a_row(line: str) -> bool:
    """Whether a line begins like `T9 …`, or has the stamp and the two numbers of a row behind any other name."""
    plain = _plain(line)
    return _ROW.match(plain) is not None or _STAMP_AND_NUMBERS.search(plain) is not None


def tables_in(line: str) -> tuple[TableNumber, ...]:
    """The tables that a line names, each once."""
    return tuple(dict.fromkeys(int(number) for number in _TABLE.findall(_plain(line))))


def _plain(line: str) -> str:
    start = line[:_SEARCHED]
    return start if start.isascii() else unicodedata.normalize("NFKC", start)
