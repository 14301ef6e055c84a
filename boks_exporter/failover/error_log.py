"""Known bad fragments in the error log, whose format is not public."""

from typing import Final

from boks_exporter.model import ErrorLog, HostName

BAD_FRAGMENTS: Final = (
    ("checksum mismatch", "a wrong node key"),
    ("cannot encrypt message", "a wrong host key"),
    ("shared memory", "trouble with shared memory, such as a SHM_SIZE that is too small"),
    ("bridge_accept_master_ips", "a bridge that refuses a master's address"),
)
"""Fragments and their meaning; the first two are from the vendor's articles (H), the others are words that
messages about the faults in those articles would contain (L)."""


def known_bad_lines(log: ErrorLog) -> tuple[str, ...]:
    """Return the lines of the log's end that hold a known bad fragment, newest first, each with its meaning."""
    return tuple(
        f"{line.strip()} ({meaning})"
        for line in reversed(log.tail)
        for fragment, meaning in BAD_FRAGMENTS
        if fragment in line.casefold()
    )


def unread(host: HostName, log: ErrorLog | None) -> str:
    """Return why an error log could not be judged, or nothing where its end was read."""
    if log is None:
        return f"the error log of {host} could not be read"
    if log.lines and not log.tail:
        return f"the error log of {host} has {log.lines} lines, of which none could be read"
    return ""


def harmless(host: HostName, log: ErrorLog) -> str:
    """Report how much of an error log was read, where no known bad fragment was found."""
    if not log.lines:
        return f"the error log of {host} is empty"
    return f"no known trouble in the last {len(log.tail)} of {log.lines} lines of the error log of {host}"
