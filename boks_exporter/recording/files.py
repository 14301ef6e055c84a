"""The files of a recording: a directory for each host, and a configuration that replays them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from boks_exporter.config import DomainSettings
from boks_exporter.config.schema import ThresholdsModel
from boks_exporter.errors import ParseError
from boks_exporter.health import Thresholds
from boks_exporter.model import Host, HostName, Section
from boks_exporter.parsing.ignored_lines import IgnoreRule
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.text.units import as_duration
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.replay import ERROR, ERROR_AFTER, EXIT, REPLY, REPLY_AFTER, RecordedHost, numbered

CONFIG: Final = "replay.yaml"


@dataclass(frozen=True, slots=True)
class RecordedDomain:
    """One domain as it is written: its settings and hosts with the names that are to be used."""

    settings: DomainSettings
    hosts: tuple[Host, ...]


def write_replies(directory: Path, replies: Mapping[HostName, RecordedHost]) -> None:
    """Write one round: a directory for each host."""
    for name, host in replies.items():
        place = directory / name
        place.mkdir(parents=True)
        if host.reply is not None:
            (place / REPLY).write_bytes(host.reply.stdout)
        if host.error is not None:
            (place / ERROR).write_text(f"{host.error}\n", encoding="utf-8")
        for number, reading in enumerate(host.after, 1):
            if isinstance(reading, RawReply):
                (place / numbered(REPLY_AFTER, number)).write_bytes(reading.stdout)
            else:
                (place / numbered(ERROR_AFTER, number)).write_text(f"{reading}\n", encoding="utf-8")
        if host.reply is not None and host.reply.exit_status:
            (place / EXIT).write_text(f"{host.reply.exit_status}\n", encoding="utf-8")


def replay_config(domains: Iterable[RecordedDomain], rules: Iterable[IgnoreRule]) -> dict[str, Any]:
    """Build the configuration of a recording, next to the directories of its domains."""
    ignored = [{"pattern": rule.pattern, "reason": rule.reason} for rule in rules]
    return {
        **({"parsing": {"ignore_lines": ignored}} if ignored else {}),
        "domains": [
            {
                "name": domain.settings.name,
                "transport": {"kind": "replay", "directory": domain.settings.name},
                "hosts": [_host(host) for host in domain.hosts],
                "thresholds": _thresholds(domain.settings.thresholds),
            }
            for domain in domains
        ],
    }


def _host(host: Host) -> dict[str, Any]:
    known = {"name": host.name, "address": host.address, "site": host.site, "section": host.section}
    return {key: value for key, value in known.items() if value}


def _thresholds(thresholds: Thresholds) -> dict[str, Any]:
    """Write the limits with the keys of the configuration."""
    fields = ThresholdsModel.model_fields
    written = {name: getattr(thresholds, name) for name in fields}
    return {
        fields[name].alias or name: as_duration(value) if name.endswith("_seconds") else value
        for name, value in written.items()
    }


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
