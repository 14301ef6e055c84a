"""A real Prometheus over a history that was written beforehand, with the shipped rules, whose alerts fire at once."""

import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
PATIENCE = 280.0
_LAST_OF_EACH_GROUP = """
vector(1) and on () ALERTS{alertname="BoksWatchdog", alertstate="firing"}
and on () ALERTS{alertname="BoksReplicaDown", alertstate="firing"}
and on () ALERTS{alertname="BoksSiteWithoutReplica", alertstate="firing"}
"""
"""Rules are evaluated group by group, a second apart."""


@dataclass(frozen=True)
class Backfilled:
    """A running Prometheus; `begins` and `ends` are those of its history."""

    url: str
    begins: float
    ends: float

    def instant(self, expression: str) -> list[dict[str, Any]]:
        """Ask for the newest values."""
        return self._ask("query", query=expression)["result"]

    def over_time(self, expression: str) -> list[dict[str, Any]]:
        """Ask for the whole history."""
        return self._ask("query_range", query=expression, start=self.begins, end=self.ends, step=30)["result"]

    def label_values(self, label: str, selector: str) -> list[str]:
        """Ask for the values of a label."""
        parameters = {"match[]": selector, "start": self.begins, "end": self.ends}
        return self._ask(f"label/{label}/values", **parameters)

    def _ask(self, what: str, **parameters: Any) -> Any:
        url = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - loopback
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            pytest.fail(f"{parameters}\n{error.read().decode()}")


@contextmanager
def backfilled(text: str, begins: float, ends: float, directory: Path) -> Iterator[Backfilled]:
    """Load the history into a Prometheus, and wait until its rules have been evaluated."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.fail("install Prometheus and promtool (Debian: prometheus) to run these tests")
    (directory / "history.om").write_text(text, encoding="utf-8")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "history.om", "data"]
    subprocess.run(blocks, cwd=directory, check=True, capture_output=True)
    with _running(directory) as url:
        prometheus = Backfilled(url, begins, ends)
        _until(lambda: len(prometheus.instant(_LAST_OF_EACH_GROUP)) == 1, directory / "log")
        yield prometheus


@contextmanager
def _running(directory: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = directory / "prometheus.yml"
    config.write_text(f"global: {{evaluation_interval: 1s}}\nrule_files: [{directory}/*.rules.yml]\n")
    for rules in RULES.glob("*.rules.yml"):
        (directory / rules.name).write_text(_impatient(rules.read_text(encoding="utf-8")), encoding="utf-8")
    own = [f"--config.file={config}", f"--storage.tsdb.path={directory / 'data'}"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            ["prometheus", *own, "--storage.tsdb.retention.time=10d", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()


def _impatient(rules: str) -> str:
    """Evaluate every second, and make alerts fire as soon as their condition holds, without their `for`."""
    at_once = re.sub(r"(?m)^( +for:) \S+$", r"\1 0s", rules)
    return re.sub(r"(?m)^( +interval:) \S+$", r"\1 1s", at_once)


def _until(is_so: Any, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if is_so():
                return
        time.sleep(0.2)
    pytest.fail(f"waited {PATIENCE:g} s for the rules:\n{log.read_text()[-3000:]}")
