"""Parser of the files that wait in the master's spool.

```
files=2
oldest=-rw-r----- 1 root root 312 Nov 23 08:12 dd_fcom_4711
```

The format is the gate's own; that these files are the queue is read (HS, H). `oldest` is a line of `ls -l` in the C
locale and in UTC. It is exact to a minute, and has no year for files of the last six months. The age is computed with
the host's own clock, which the gate sends, so that a wrong clock does no harm.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from boks_exporter.model import Queue, Seconds, Timestamp
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised, number

_EXPECTED: Final = "a line such as 'files=2'"
_FILES: Final = re.compile(r"\s*files=\s*([0-9]+)\s*")
_MONTHS: Final = {
    name: at
    for at, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_OLDEST: Final = re.compile(
    rf"""oldest=\S.*\s(?P<month>{"|".join(_MONTHS)})\s+(?P<day>[0-9]{{1,2}})\s+
         (?:(?P<year>[0-9]{{4}})|(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}}))\s+\S+\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_SIGN: Final = re.compile(r"=")
_SLACK: Final = timedelta(days=1)
"""A date further ahead of the host's clock than this belongs to the year before."""


def parse_queue(text: str, host_clock: Timestamp | None) -> Queue:
    """Parse the number of files and the age of the oldest; without the number the output is rejected."""
    lines = lines_of(text, _SIGN)
    files: int | None = None
    oldest: re.Match[str] | None = None
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        counted = _FILES.fullmatch(line)
        dated = _OLDEST.fullmatch(line)
        if counted and files is None and number(counted[1]) is not None:
            files = number(counted[1])
        elif dated and oldest is None and _date(dated, 2000):
            oldest = dated
        elif line.strip():
            unread_lines.add(at, line)
    if files is None:
        raise nothing_recognised(lines, _EXPECTED)
    return Queue(files, _age(oldest, host_clock) if oldest else None, unread_lines.all())


def _age(oldest: re.Match[str], host_clock: Timestamp | None) -> Seconds | None:
    """Compute the age, exact to a minute; a file of the current minute has age 0."""
    if host_clock is None:
        return None
    now = datetime.fromtimestamp(host_clock, UTC)
    written = _date(oldest, now.year)
    if written is None or (oldest["year"] is None and written - now > _SLACK):
        written = _date(oldest, now.year - 1)
    return None if written is None else max(0.0, (now - written).total_seconds())


def _date(oldest: re.Match[str], year: int) -> datetime | None:
    """Parse a date, in `year` if it names none; None if there is no such day."""
    try:
        return datetime(
            int(oldest["year"] or year),
            _MONTHS[oldest["month"].lower()],
            int(oldest["day"]),
            int(oldest["hour"] or 0),
            int(oldest["minute"] or 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None
