"""Real Prometheus and Alertmanager processes on loopback, a receiver for what they send, and time that runs faster."""

import json
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

PATIENCE = 180.0
ROOT = Path(__file__).parents[2]
ALERTMANAGER_YML = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"

_DURATION = re.compile(r"(?<![\w.])(\d+)(ms|s|m|h)(?![\w.])")
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_THRESHOLD = re.compile(r'(_seconds:\w+", expr: vector\()(\d+)\)')


def hurried(text: str, speed: int) -> str:
    """Divide every duration in a file by a number: `[2m]` becomes `[4000ms]` at 30, and so do limits in seconds.

    Nothing else changes: no rule, no comparison, no label.
    """
    text = _THRESHOLD.sub(lambda found: f"{found[1]}{int(found[2]) / speed:g})", text)
    return _DURATION.sub(lambda found: f"{int(found[1]) * _MILLISECONDS[found[2]] // speed}ms", text)


@contextmanager
def running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a daemon until the block ends; it has to end by itself on SIGTERM."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=60)
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> Any:
    """Read what a URL gives: JSON as data, anything else as text."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
        body = answer.read().decode()
        return json.loads(body) if "json" in answer.headers["Content-Type"] else body


def until(what: str, is_so: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for something; what is waited for is named if it does not come."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if is_so():
                return
        time.sleep(0.1)
    pytest.fail(f"waited {patience:g} s for {what}")


@contextmanager
def alertmanager(config: str, directory: Path) -> Iterator[str]:
    """Run Alertmanager on a configuration; give its address."""
    port = free_port()
    file = directory / "alertmanager.yml"
    file.write_text(config, encoding="utf-8")
    command = [
        "prometheus-alertmanager",
        f"--config.file={file}",
        f"--storage.path={directory / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(command, directory / "alertmanager.log"):
        url = f"http://127.0.0.1:{port}"
        until("Alertmanager", lambda: get(f"{url}/-/ready"))
        yield url


@dataclass(frozen=True)
class Notification:
    """What a receiver was sent at one time, and when."""

    at: float
    receiver: str
    status: str
    alerts: tuple[dict[str, Any], ...]

    def named(self, status: str) -> set[tuple[str, str, str]]:
        """Name its alerts of one status by domain, alert and the host or site that they are about."""
        return {key(alert) for alert in self.alerts if alert["status"] == status}


def key(alert: dict[str, Any]) -> tuple[str, str, str]:
    labels = alert["labels"]
    return labels.get("boks_domain", ""), labels["alertname"], labels.get("host") or labels.get("site") or ""


def began(alert: dict[str, Any]) -> float:
    return datetime.fromisoformat(alert["startsAt"]).timestamp()


class Receiver:
    """The pager, the chat and the dead man's switch: three paths of one small web server."""

    def __init__(self) -> None:
        self._notifications: list[Notification] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver._notifications.append(
                    Notification(time.time(), self.path.strip("/"), body["status"], tuple(body["alerts"]))
                )
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def got(self, receiver: str) -> list[Notification]:
        """Return everything that one of them was sent so far."""
        return [each for each in tuple(self._notifications) if each.receiver == receiver]
