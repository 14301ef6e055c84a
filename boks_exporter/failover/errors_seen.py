"""What is known to be bad in the error log; its format is not public, so only fragments are known."""

from typing import Final

from boks_exporter.model import ErrorLog

BAD_FRAGMENTS: Final = (
    ("checksum mismatch", "a wrong node key"),
    ("cannot encrypt message", "a wrong host key"),
    ("shared memory", "trouble with shared memory, such as a SHM_SIZE that is too small"),
    ("bridge_accept_master_ips", "a bridge that refuses a master's address"),
)
"""Fragments and what they tell; the first two are read in the vendor's articles (H); the others are words that
messages about what those articles describe would hold (L)."""


def known_bad_lines(log: ErrorLog) -> tuple[str, ...]:
    """Pick the lines of the log's end that hold a known bad fragment, newest first, each with its meaning."""
    return tuple(
        f"{line.strip()} ({meaning})"
        for line in reversed(log.tail)
        for fragment, meaning in BAD_FRAGMENTS
        if fragment in line.casefold()
    )
