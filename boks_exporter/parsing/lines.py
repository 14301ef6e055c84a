"""What every parser does with raw text: take it apart into lines, keep what no rule knows, say where nothing was found.

Lines end at LF alone. `str.splitlines` would also cut at form feeds and Unicode separators, which a host may well print
within a line; a CR before the LF counts as a trailing blank.
"""

import re
from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.model import Leftover

_ESCAPES: Final = re.compile(
    r"""\x1b\[[0-?]*[ -/]*[@-~]              # CSI: colours, cursor
      | \x1b\][^\n\x07\x1b]*(?:\x07|\x1b\\)  # OSC: window titles; never across a line end, lest it swallow lines
      | \x1b[()*+][0-9A-Z]                   # character sets
      | \x1b[0-9=><@-Z\\^_a-z]?              # two-character sequences; a lone ESC
      | \x00""",
    re.VERBOSE,
)
_EXCERPT: Final = 60


def lines_of(text: str) -> list[str]:
    """Take a text apart into its lines, without terminal escapes and NULs, and with plain blanks for pasted ones."""
    if "\x1b" in text or "\x00" in text:
        text = _ESCAPES.sub("", text)
    if not text.isascii():
        text = text.replace("\xa0", " ")
    return text.split("\n")


def leftover(number: int, line: str) -> Leftover:
    """Keep a line that no rule knows, without the blanks that end it."""
    return Leftover(number, line.rstrip())


def stumbled(number: int, line: str, column: int, expected: str) -> ParseError:
    """Say that a line could not be read from `column` on; columns count from 0 here, as Python's do."""
    rest = line[column : column + _EXCERPT + 1].rstrip()
    found = repr(rest if len(rest) <= _EXCERPT else rest[:_EXCERPT] + "…") if rest else "the end of the line"
    return ParseError(line=number, column=column + 1, expected=expected, found=found)


def nothing_recognised(lines: list[str], expected: str) -> ParseError:
    """Say at the first line that is not blank what should have stood somewhere in the text."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            return stumbled(number, line, len(line) - len(line.lstrip()), expected)
    return ParseError(line=1, column=1, expected=expected, found="an empty text")
