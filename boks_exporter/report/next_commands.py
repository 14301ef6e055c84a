"""The command to type next, by the state of a host or domain, with the options of this installation."""

import shlex
from dataclasses import dataclass, replace
from typing import Final

from boks_exporter.report.shapes import worst_first
from boks_exporter.report.types import DomainReport

_PROGRAM: Final = "boks-exporter"
_READING: Final = frozenset({"diagnose", "status", "events"})
"""The commands that can read from a running exporter; the others poll the hosts themselves."""

_OF_HOST: Final = {
    "down": "diagnose",
    "diverged": "failover rebuild",
    "ahead": "failover rebuild",
    "unreachable": "doctor",
    "lagging": "diagnose",
    "unlisted": "diagnose",
    "loading": "diagnose",
    "unknown": "diagnose",
}
_OF_DOMAIN: Final = {"no_master": "failover candidates", "several_masters": "failover conflict"}


@dataclass(frozen=True, slots=True)
class NextCommands:
    """Commands for one domain; `exporter_options` read from a running exporter, `domain` is empty where only one is."""

    config_options: tuple[str, ...] = ()
    exporter_options: tuple[str, ...] = ()
    domain: str = ""

    def of(self, domain: str) -> "NextCommands":
        """Return the commands that name a domain."""
        return replace(self, domain=domain)

    def run(self, words: str, *names: str) -> str:
        """Write a command; names are quoted, since the master's list can hold any text."""
        options = list(self.exporter_options if words in _READING and self.exporter_options else self.config_options)
        if self.domain:
            options += ["--domain", self.domain]
        is_option = any(name.startswith("-") for name in names)
        rest = [*options, "--", *names] if is_option else [*names, *options]
        return " ".join((_PROGRAM, words, *map(shlex.quote, rest)))

    def config_check(self) -> str:
        """Write the check of the configuration, whose file is its argument."""
        return " ".join((_PROGRAM, "config check", *map(shlex.quote, self.config_options[1:])))

    def next_for(self, host: str, state: str) -> str | None:
        """Return the next command for a host in a state; None where there is nothing to do.

        Where a running exporter is read, there may be no configuration, which doctor and failover need.
        """
        if state == "ok":
            return None
        words = "diagnose" if self.exporter_options else _OF_HOST.get(state, "diagnose")
        return self.run(words, host)

    def next_for_domain(self, domain: DomainReport) -> str | None:
        """Return the next command for the worst of a domain; None where nothing is wrong."""
        if words := _OF_DOMAIN.get(domain["state"]):
            return self.run(words)
        states = {host["host"]: host["state"] for host in domain["hosts"]}
        worst = next(iter(worst_first(states.items())), None)
        return self.next_for(worst, states[worst]) if worst is not None else None
