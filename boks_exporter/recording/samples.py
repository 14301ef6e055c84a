"""Samples of a scrubbed recording for the corpus of the parsers, with their provenance."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.transport.replay import REPLY

_RELEASE: Final = re.compile(r"[a-z0-9.-]{1,40}")
_DIRECTORIES: Final = {Section.ROLE: "env"}
SAMPLES: Final = "samples"


def is_release(text: str) -> bool:
    """Whether a text can name a release in a sample's file name."""
    return _RELEASE.fullmatch(text) is not None


def write_samples(recording: Path, release: str) -> None:
    """Write each section's output of each host to `samples/<command>/<release>__<host>.txt`, and PROVENANCE.md."""
    rows: dict[str, list[str]] = {}
    for reply in sorted(recording.rglob(REPLY)):
        host = reply.parent.name.lower()
        try:
            sections = parse_reply(reply.read_bytes()).sections
        except ParseError:
            continue
        for section in sections:
            if section.skipped is None and not section.timed_out:
                command = _DIRECTORIES.get(section.name, str(section.name))
                name = f"{release}__{re.sub('[^a-z0-9-]', '-', host)}"
                place = recording / SAMPLES / command / f"{name}.txt"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(section.stdout.encode())
                rows.setdefault(command, []).append(f"| `{name}` | recorded | {_source(release)} |")
    lines = (line for command, found in sorted(rows.items()) for line in (f"## {command}", "", *found, ""))
    (recording / SAMPLES / "PROVENANCE.md").write_text("\n".join(lines), encoding="utf-8")


def _source(release: str) -> str:
    today = datetime.now(UTC).date()
    return f"Release {release}, {today}, by `record --sample`: names, addresses and other words replaced, widths kept."
