"""The settings as the rest of the program sees them: frozen, complete, without YAML or pydantic."""

from dataclasses import dataclass, field
from pathlib import Path

from boks_exporter.exposition import ExpositionOptions
from boks_exporter.health import Thresholds
from boks_exporter.model import DomainName, Host, Seconds
from boks_exporter.remote.settings import TransportSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """When to look, how long to wait for one exchange, and how many hosts to ask at the same time."""

    interval_seconds: Seconds = 30.0
    timeout_seconds: Seconds = 20.0
    concurrency: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """Who may change the hosts: another login with another key; the rest of the way is the domain's own."""

    user: str
    identity_files: tuple[Path, ...] = ()
    certificate_files: tuple[Path, ...] = ()
    passphrase_file: Path | None = None
    agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSettings:
    """Programs that hear of a run, each as its words; no shell reads them."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    timeout_seconds: Seconds = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverSettings:
    """How the domain is changed from an operator's terminal; the daemon reads the journal and nothing else of it."""

    journal: Path
    operator: OperatorSettings
    cool_down_seconds: Seconds = 900.0
    max_behind_updates: int = 0
    quiet_seconds: Seconds = 120.0
    master_port: int = 6500
    hooks: HookSettings = field(default_factory=HookSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSettings:
    """One BoKS installation: its hosts and how to reach them."""

    name: DomainName
    transport: TransportSettings
    hosts: tuple[Host, ...]
    discover: bool = False
    address_template: str = "{name}"
    thresholds: Thresholds = field(default_factory=Thresholds)
    failover: FailoverSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the configuration file says."""

    domains: tuple[DomainSettings, ...]
    poll: PollSettings = field(default_factory=PollSettings)
    metrics: ExpositionOptions = field(default_factory=ExpositionOptions)
    state_file: Path | None = None
