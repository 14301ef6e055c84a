"""The exporter and Prometheus as programs whose time runs faster, and which can be ended and begun again."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.integration.alerting import (
    free_port,
    get,
    hurried,
    running,
    until,
)
from tests.load import slowness

SPEED = next((speed for speed in (10, 5, 3) if speed * slowness() <= 10), 2)
"""How much faster time runs; each divides the durations of rules and scrapes."""
PROMETHEUS = """\
global: {{scrape_interval: 30s, scrape_timeout: 20s, evaluation_interval: 15s}}
rule_files: ["{rules}/*.rules.yml"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
scrape_configs: [{{job_name: boks, file_sd_configs: [{{files: ["{targets}"], refresh_interval: 30s}}]}}]
"""


class Daemon:
    """A program that the story ends and starts again."""

    def __init__(self, stack: ExitStack, command: list[str], log: Path, url: str, ready: str = "/-/ready") -> None:
        self._stack = stack
        self._command = command
        self._log = log
        self.url = url
        self._ready = ready
        self._life = ExitStack()
        stack.callback(self.stop)

    def start(self) -> None:
        self.process = self._life.enter_context(running(self._command, self._log))

    def wait(self) -> None:
        until(f"{self.url}: {self._log.name}", lambda: get(self.url + self._ready) is not None)

    def stop(self) -> None:
        self._life.close()

    def restart(self) -> None:
        self.stop()
        self.start()
        self.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspend the process for the duration of the block."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)


def exporter(stack: ExitStack, name: str, config: Path, program: tuple[str, ...] = ("-m", "boks_exporter")) -> Daemon:
    port = free_port()
    command = [sys.executable, *program, "serve", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    return Daemon(stack, command, config.with_name(f"{name}.log"), f"http://127.0.0.1:{port}")


def prometheus(
    stack: ExitStack, directory: Path, rules: Path, alertmanager_url: str, *targets: str, speed: int = SPEED
) -> Daemon:
    directory.mkdir()
    port = free_port()
    config = directory / "prometheus.yml"
    text = PROMETHEUS.format(
        rules=rules, alertmanager=alertmanager_url.removeprefix("http://"), targets=directory / "targets.yml"
    )
    config.write_text(hurried(text, speed), encoding="utf-8")
    list_targets(directory, *targets)
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--rules.alert.resend-delay={60 // speed}s",
    ]
    return Daemon(stack, command, directory / "prometheus.log", f"http://127.0.0.1:{port}")


def list_targets(directory: Path, *targets: str) -> None:
    """Write the list of targets, as a whole."""
    addresses = ", ".join(repr(target.removeprefix("http://")) for target in targets)
    new = directory / "new"
    new.write_text(f"[{{targets: [{addresses}]}}]\n", encoding="utf-8")
    new.replace(directory / "targets.yml")
