"""The published answers, rendered and compressed once per round."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from boks_exporter.exposition import DomainView, ExporterInfo, render, status_report
from boks_exporter.report import StatusReport
from boks_exporter.web.process_metrics import END, NO_PROCESS, ProcessBlocks

_GZIP_LEVEL: Final = 5
"""A metrics page shrinks to 1/30; higher levels take twice the time and save few bytes."""


@dataclass(frozen=True, slots=True)
class Body:
    """One answer, plain and compressed."""

    plain: bytes
    gzipped: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """All answers of one point in time; `is_ready` if every domain was polled by then."""

    classic: Body
    openmetrics: Body
    json: Body
    report: StatusReport
    version: str
    is_ready: bool
    views: tuple[DomainView, ...] = ()


def prepare(
    views: Sequence[DomainView], exporter: ExporterInfo, process: ProcessBlocks = NO_PROCESS, *, is_ready: bool
) -> Published:
    """Render all answers; run it in a thread, since hundreds of hosts take a noticeable time."""
    page = render(views, exporter)
    report = status_report(views)
    return Published(
        classic=compressed(page.classic + process.classic),
        openmetrics=compressed(page.openmetrics.removesuffix(END) + process.openmetrics + END),
        json=compressed(
            json.dumps(report, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        ),
        report=report,
        version=exporter.version,
        is_ready=is_ready,
        views=tuple(views),
    )


def compressed(plain: bytes) -> Body:
    """Compress an answer."""
    return Body(plain, gzip.compress(plain, _GZIP_LEVEL, mtime=0))
