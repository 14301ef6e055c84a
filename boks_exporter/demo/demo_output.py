"""What the demo tells whoever watches it: a guide at the beginning, then a line for each event."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog

from boks_exporter.demo.options import DemoOptions
from boks_exporter.model import Seconds
from boks_exporter.simulator.scenarios import SCENARIOS
from boks_exporter.simulator.timeline import Cast, Scenario, Step


class Guide:
    """Tell everything on one stream, each line with the time since the beginning."""

    def __init__(self, tell: Callable[[str], None], now: Callable[[], Seconds]) -> None:
        """Take where to tell, and a clock; its zero becomes the moment at which the exporter is ready."""
        self._tell = tell
        self._now = now
        self._began = now()

    def welcome(self, options: DemoOptions, scenario: Scenario, cast: Cast) -> None:
        """Say at once what comes up and which faults will come."""
        self._tell(f"A simulated BoKS domain: the master {cast.master} and {len(cast.replicas)} replicas at")
        self._tell(
            f"{len(cast.sites)} sites, each an SSH server on this machine, and the real exporter looking at them."
        )
        self._tell("")
        self._tell(f'Scenario "{scenario.name}", seed {options.seed}: {scenario.summary}.')
        for episode in scenario.episodes(cast, options.seed):
            self._tell(f"  {_clock(episode.starts)}  {episode.happens}")
        if scenario.repeats_after:
            self._tell(f"  {_clock(scenario.repeats_after)}  All this again; who is hit changes.")
        others = ", ".join(name for name in SCENARIOS if name != scenario.name)
        self._tell(f"Other scenarios (--scenario NAME): {others}.")
        self._tell("")

    def ready(self, addresses: tuple[str, ...], config_file: Path, rehearsed: Cast | None) -> None:
        """Say what to open and what to type, as soon as it works; times count from here."""
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
            "Ctrl-C ends the demo and removes everything that it made.",
            "",
        )
        for line in lines:
            self._tell(line)

    def step(self, step: Step) -> None:
        """Say what happens and what to look for."""
        self._event("simulator", step.says)
        if step.look_for:
            self._event("look for", step.look_for)

    def log_event(self, _logger: object, _method: str, event: Mapping[str, Any]) -> str:
        """Show the exporter's own events instead of log lines; a processor of structlog."""
        for line in _sentences(dict(event)):
            self._event("exporter", line)
        raise structlog.DropEvent

    def _event(self, who: str, what: str) -> None:
        self._tell(f"{_clock(self._now() - self._began)}  {who:9}  {what}")


def _rehearsal(program: str, cast: Cast, config_file: Path) -> Iterator[str]:
    """Write how to rehearse the death of the master."""
    yield f"  {program} failover rehearse promote {cast.replicas[0]} --dead {cast.master} \\"
    yield f"    --config.file {config_file}"


def _clock(seconds: Seconds) -> str:
    """Write minutes and seconds since the beginning."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"


def _to_open(address: str) -> str:
    """Turn the address that means everywhere into one that can be opened."""
    return address.rstrip("/").replace("//[::]:", "//localhost:").replace("//0.0.0.0:", "//localhost:")


def _program() -> str:
    """Tell how this program is called from here: by its name where the shell finds it, else by its path."""
    if shutil.which("boks-exporter"):
        return "boks-exporter"
    beside_python = Path(sys.executable).with_name("boks-exporter")
    if not beside_python.exists():
        return f"{sys.executable} -m boks_exporter"
    path = os.path.relpath(beside_python)
    return str(beside_python) if path.startswith(os.pardir) else path


def _sentences(event: Mapping[str, Any]) -> Iterator[str]:
    """Turn an event of the poller into a sentence; that a sound host is found sound at first is none."""
    match event["event"]:
        case "host_state_changed" if event["was"] or event["state"] != "ok":
            yield f"{event['host']} is {_words(event['state'])}: {event['reason']}"
        case "domain_state_changed":
            yield f"the domain is {_words(event['state'])}: {event['reason']}"
        case "config_reloaded" | "config_refused" | "config_kept":
            yield " ".join(f"{key}={value}" for key, value in event.items())


def _words(state: str) -> str:
    return state.replace("_", " ")
