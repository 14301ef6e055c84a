"""The output of the demo: a guide at the beginning, then a line for each event."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from boks_exporter.demo.options import DemoOptions
from boks_exporter.loggers import structlog
from boks_exporter.model import Seconds
from boks_exporter.simulator.scenarios import SCENARIOS
from boks_exporter.simulator.timeline import Scenario, ScenarioHosts, ScenarioStep


class Guide:
    """Prints the guide and the events, each with the time since the beginning."""

    def __init__(self, write: Callable[[str], None], now: Callable[[], Seconds]) -> None:
        """Store the output and a clock; times count from the moment at which the exporter is ready."""
        self._write = write
        self._now = now
        self._began = now()

    def welcome(self, options: DemoOptions, scenario: Scenario, cast: ScenarioHosts) -> None:
        """Print what starts and which faults will follow."""
        self._write(f"A simulated BoKS domain: the master {cast.master} and {len(cast.replicas)} replicas at")
        self._write(f"{len(cast.sites)} sites, each an SSH server on this machine, and the real exporter polling them.")
        self._write("")
        self._write(f'Scenario "{scenario.name}", seed {options.seed}: {scenario.summary}.')
        for episode in scenario.episodes(cast, options.seed):
            self._write(f"  {_clock(episode.starts)}  {episode.happens}")
        if scenario.repeats_after:
            self._write(f"  {_clock(scenario.repeats_after)}  Repeats with other hosts.")
        others = ", ".join(name for name in SCENARIOS if name != scenario.name)
        self._write(f"Other scenarios (--scenario NAME): {others}.")
        self._write("")

    def ready(self, addresses: tuple[str, ...], config_file: Path, rehearsed: ScenarioHosts | None) -> None:
        """Print the URLs and commands; times count from here."""
        self._began = self._now()
        url, program = _to_open(addresses[0]), _program()
        lines = (
            "Open",
            f"  {url}/          the domain on one page",
            f"  {url}/metrics   what Prometheus reads",
            "",
            "Type in another terminal",
            f"  {program} status --url {url}",
            f"  {program} check --url {url}",
            *(_rehearsal(program, rehearsed, config_file) if rehearsed else ()),
            "",
            f"The exporter's configuration: {config_file}",
            "Ctrl-C ends the demo and removes all its files.",
            "",
        )
        for line in lines:
            self._write(line)

    def step(self, step: ScenarioStep) -> None:
        """Print what happens and what to look for."""
        self._event("simulator", step.text)
        if step.look_for:
            self._event("look for", step.look_for)

    def log_event(self, _logger: object, _method: str, event: Mapping[str, Any]) -> str:
        """Print the exporter's events instead of log lines; a processor of structlog."""
        for line in _sentences(dict(event)):
            self._event("exporter", line)
        raise structlog.DropEvent

    def _event(self, who: str, what: str) -> None:
        self._write(f"{_clock(self._now() - self._began)}  {who:9}  {what}")


def _rehearsal(program: str, cast: ScenarioHosts, config_file: Path) -> Iterator[str]:
    """Return the command that rehearses a failover from the master."""
    yield f"  {program} failover rehearse promote {cast.replicas[0]} --dead {cast.master} \\"
    yield f"    --config.file {config_file}"


def _clock(seconds: Seconds) -> str:
    """Format minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"


def _to_open(address: str) -> str:
    """Replace a wildcard address by localhost."""
    return address.rstrip("/").replace("//[::]:", "//localhost:").replace("//0.0.0.0:", "//localhost:")


def _program() -> str:
    """Return how to call this program: by its name where the shell finds it, else by its path."""
    if shutil.which("boks-exporter"):
        return "boks-exporter"
    beside_python = Path(sys.executable).with_name("boks-exporter")
    if not beside_python.exists():
        return f"{sys.executable} -m boks_exporter"
    path = os.path.relpath(beside_python)
    return str(beside_python) if path.startswith(os.pardir) else path


def _sentences(event: Mapping[str, Any]) -> Iterator[str]:
    """Describe an event of the poller; a host that is ok from the start is none."""
    match event["event"]:
        case "host_state_changed" if event["was"] or event["state"] != "ok":
            yield f"{event['host']} is {_words(event['state'])}: {event['reason']}"
        case "domain_state_changed":
            yield f"the domain is {_words(event['state'])}: {event['reason']}"
        case "config_reloaded" | "config_refused" | "config_kept":
            yield " ".join(f"{key}={value}" for key, value in event.items())


def _words(state: str) -> str:
    return state.replace("_", " ")
