"""Ratios that need no running fleet: rendering against prometheus_client, and a check against a bare interpreter."""

import http.server
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from bench.client_families import families
from bench.fleet.views import INFO, views_of_rounds
from boks_exporter.exposition import DomainView, Renderer
from boks_exporter.web import prepare

HOSTS: Final = 1000
_RUNS: Final = 5
_CHECKS: Final = 11


@dataclass(frozen=True)
class Pair:
    """The CPU seconds of one cycle: ours and the peer's."""

    ours: float
    peer: float


class _Families(Collector):
    def __init__(self, view: DomainView) -> None:
        self._view = view

    def collect(self) -> Iterable[Metric]:
        return families([self._view], INFO)


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def rendering(hosts: int = HOSTS) -> list[Pair]:
    """Return what both formats of the page cost us and prometheus_client, after each of several rounds."""
    renderer = Renderer()
    first, *views = views_of_rounds(hosts, _RUNS + 1)
    _both(renderer, first)
    pairs = []
    for view in views:
        ours = _cpu(partial(_both, renderer, view))
        registry = CollectorRegistry()
        registry.register(_Families(view))
        pairs.append(Pair(ours, _cpu(partial(_both_of, registry))))
        assert generate_latest(registry) == renderer.render([view], INFO).classic, "both must write the same page"
    return pairs


def _both(renderer: Renderer, view: DomainView) -> None:
    page = renderer.render([view], INFO)
    assert page.classic
    assert page.openmetrics


def _both_of(registry: CollectorRegistry) -> None:
    generate_latest(registry)
    generate_openmetrics(registry)  # type: ignore[no-untyped-call]  # the library has no types here


def check(hosts: int = 50) -> list[Pair]:
    """Return the CPU time of `check --url` and of an interpreter that imports what such a plugin needs at least.

    The first cycle is left out: it may write byte code, as an installed package has it.
    """
    body = prepare(views_of_rounds(hosts, 1), INFO, is_ready=True).json.plain

    class Status(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
            del format, args

    server = http.server.HTTPServer(("127.0.0.1", 0), Status)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    script = str(Path(sys.executable).with_name("boks-exporter"))
    pairs = []
    for _ in range(1 + _CHECKS):
        ours = _child_cpu(script, "check", "--url", url, "--max-age", "365d", allowed=(0, 1, 2))
        pairs.append(Pair(ours, _child_cpu("-c", "import http.client, json, argparse", allowed=(0,))))
    server.shutdown()
    server.server_close()
    return pairs[1:]


def _child_cpu(*argv: str, allowed: tuple[int, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    status = subprocess.run([sys.executable, *argv], stdout=subprocess.DEVNULL, env=environment, check=False).returncode
    assert status in allowed, f"{argv} ended with {status}"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
