"""Frozen settings, independent of YAML and pydantic."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from boks_exporter.exposition import ExpositionOptions
from boks_exporter.health import Thresholds
from boks_exporter.model import DomainName, Host, Seconds
from boks_exporter.parsing.ignored_lines import IgnoreRule
from boks_exporter.remote.settings import TransportSettings

DEFAULT_JOURNAL: Final = Path("/var/lib/boks-exporter/failover.sqlite")


class CloserPolls(StrEnum):
    """Where undecided replicas are read again in the same round, between further readings of the master."""

    AUTO = "auto"
    """Where the transport keeps a loop on the host and on the master."""
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """Interval of the rounds, deadline of one poll, and the number of hosts polled at the same time."""

    interval_seconds: Seconds = 30.0
    timeout_seconds: Seconds = 20.0
    concurrency: int = 50
    closer_polls: CloserPolls = CloserPolls.AUTO
    rare_seconds: Seconds = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """The login and key that may change hosts; everything else is as in the domain's transport."""

    user: str
    identity_files: tuple[Path, ...] = ()
    certificate_files: tuple[Path, ...] = ()
    passphrase_file: Path | None = None
    agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSettings:
    """Programs that are run on events of a failover run, as argument lists; no shell is involved."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    timeout_seconds: Seconds = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FenceSettings:
    """The program that switches an old master off or isolates it; none is configured without words."""

    program: tuple[str, ...] = ()
    timeout_seconds: Seconds = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverSettings:
    """Failover settings, used from an operator's terminal; the daemon uses the journal only."""

    journal: Path
    operator: OperatorSettings
    cool_down_seconds: Seconds = 900.0
    max_behind_updates: int = 0
    quiet_seconds: Seconds = 120.0
    master_port: int = 6500
    hooks: HookSettings = field(default_factory=HookSettings)
    fence: FenceSettings = field(default_factory=FenceSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSettings:
    """One BoKS installation: its hosts and how to reach them."""

    name: DomainName
    transport: TransportSettings
    hosts: tuple[Host, ...]
    discover: bool = False
    address_template: str = "{name}"
    discovered_seconds: Seconds = 86400.0
    discovered_limit: int = 250
    thresholds: Thresholds = field(default_factory=Thresholds)
    ignore_lines: tuple[IgnoreRule, ...] = ()
    failover: FailoverSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """A receiver of state changes: a program, a webhook whose URL is in a file, or both."""

    program: tuple[str, ...] = ()
    webhook_file: Path | None = None
    timeout_seconds: Seconds = 10.0
    queue: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the configuration file."""

    domains: tuple[DomainSettings, ...]
    poll: PollSettings = field(default_factory=PollSettings)
    metrics: ExpositionOptions = field(default_factory=ExpositionOptions)
    state_file: Path | None = None
    journal: Path = DEFAULT_JOURNAL
    notify: tuple[NotifySettings, ...] = ()

    def journal_of(self, domain: DomainSettings) -> Path:
        """Return the journal of a domain: its own where section failover names one."""
        return domain.failover.journal if domain.failover else self.journal
