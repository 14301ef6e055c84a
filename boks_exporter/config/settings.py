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
class DomainSettings:
    """One BoKS installation: its hosts and how to reach them."""

    name: DomainName
    transport: TransportSettings
    hosts: tuple[Host, ...]
    discover: bool = False
    address_template: str = "{name}"
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the configuration file says."""

    domains: tuple[DomainSettings, ...]
    poll: PollSettings = field(default_factory=PollSettings)
    metrics: ExpositionOptions = field(default_factory=ExpositionOptions)
    state_file: Path | None = None
