"""What is served between two rounds: everything is rendered and compressed once, and a scrape gets bytes."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from boks_exporter.exposition import DomainView, ExporterInfo, StatusReport, render, status_report

_GZIP_LEVEL: Final = 5
"""A metrics page shrinks to a thirtieth; higher levels cost twice the time for a few bytes."""


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of one answer, as they are and compressed."""

    plain: bytes
    gzipped: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """All answers as of one moment; `is_ready` tells whether every domain had been looked at by then."""

    classic: Body
    openmetrics: Body
    json: Body
    report: StatusReport
    version: str
    is_ready: bool


def prepare(views: Sequence[DomainView], exporter: ExporterInfo, *, is_ready: bool) -> Published:
    """Render everything; takes a noticeable time for hundreds of hosts and may run in a thread."""
    page = render(views, exporter)
    report = status_report(views)
    return Published(
        classic=_body(page.classic),
        openmetrics=_body(page.openmetrics),
        json=_body(json.dumps(report, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"),
        report=report,
        version=exporter.version,
        is_ready=is_ready,
    )


def _body(plain: bytes) -> Body:
    return Body(plain, gzip.compress(plain, _GZIP_LEVEL, mtime=0))
