"""Ratios that need no running fleet: rendering against prometheus_client, and a check against a bare interpreter."""

import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from statistics import median
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


class _Families(Collector):
    def __init__(self, view: DomainView) -> None:
        self._view = view

    def collect(self) -> Iterable[Metric]:
        return families([self._view], INFO)


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def rendering(hosts: int = HOSTS) -> float:
    """Return how much longer prometheus_client takes for both formats of the page after a round with changes."""
    renderer = Renderer()
    views = views_of_rounds(hosts, _RUNS + 1)
    ours = [_cpu(partial(_both, renderer, view)) for view in views]
    registry = CollectorRegistry()
    registry.register(_Families(views[-1]))
    assert generate_latest(registry) == renderer.render([views[-1]], INFO).classic, "both must write the same page"
    theirs = _cpu(lambda: (generate_latest(registry), generate_openmetrics(registry)))  # type: ignore[no-untyped-call]
    return theirs / median(ours[1:])


def _both(renderer: Renderer, view: DomainView) -> None:
    page = renderer.render([view], INFO)
    assert page.classic
    assert page.openmetrics


def check(hosts: int = 50) -> float:
    """Return the CPU time of `check --url` by that of an interpreter that imports what such a plugin needs at least."""
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
    ours, bare = [], []
    for _ in range(_CHECKS):
        ours.append(_child_cpu("-m", "boks_exporter", "check", "--url", url, "--max-age", "365d", allowed=(0, 1, 2)))
        bare.append(_child_cpu("-c", "import http.client, json, argparse", allowed=(0,)))
    server.shutdown()
    server.server_close()
    return median(ours) / median(bare)


def _child_cpu(*argv: str, allowed: tuple[int, ...]) -> float:
    before = os.times()
    status = subprocess.run([sys.executable, *argv], stdout=subprocess.DEVNULL, check=False).returncode
    assert status in allowed, f"{argv} ended with {status}"
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
