"""The commands to type next, with the options of this installation."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROGRAM: Final = "boks-exporter"

_BY_STATE: Final = {
    "down": "diagnose",
    "diverged": "failover rebuild",
    "ahead": "failover rebuild",
    "unreachable": "doctor",
    "lagging": "diagnose",
    "unlisted": "diagnose",
    "loading": "diagnose",
    "unknown": "diagnose",
}


@dataclass(frozen=True, slots=True)
class NextCommands:
    """Commands for one domain; the domain is named where the configuration has several."""

    config_file: Path
    domain: str
    is_only_domain: bool

    def run(self, words: str, *names: str) -> str:
        """Write a command; names are quoted, since the master's list can hold any text."""
        options = ["--config.file", str(self.config_file)]
        if not self.is_only_domain:
            options += ["--domain", self.domain]
        if any(name.startswith("-") for name in names):
            return f"{_PROGRAM} {words} {shlex.join([*options, '--', *names])}"
        return f"{_PROGRAM} {words} {shlex.join([*names, *options])}"

    def next_for(self, host: str, state: str) -> str | None:
        """Return the next command for a host in a state; None where there is nothing to do."""
        words = _BY_STATE.get(state)
        return self.run(words, host) if words else None
