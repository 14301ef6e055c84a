"""Frozen settings from the validated model."""

import os
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from boks_exporter.config.schema import ConfigModel, DomainModel, FailoverModel, HostModel, ParsingModel
from boks_exporter.config.settings import (
    DomainSettings,
    FailoverSettings,
    FenceSettings,
    HookSettings,
    NotifySettings,
    OperatorSettings,
    PollSettings,
    Settings,
)
from boks_exporter.config.transport_schema import AlgorithmsModel, LocalModel, ReplayModel, SshModel
from boks_exporter.exposition import ExpositionOptions
from boks_exporter.health import Thresholds
from boks_exporter.model import Host
from boks_exporter.parsing.ignored_lines import IgnoreRule
from boks_exporter.remote.settings import (
    Algorithms,
    LocalSettings,
    RemotePaths,
    ReplaySettings,
    SshSettings,
    TransportSettings,
)

_LONGEST_DEFAULT_LIMIT_SECONDS: Final = 600.0


def settings_of(model: ConfigModel, directory: Path) -> Settings:
    """Build the settings; paths are relative to `directory`."""
    journal = _resolve(model.journal, directory)
    return Settings(
        poll=PollSettings(**vars(model.poll)),
        metrics=ExpositionOptions(**vars(model.metrics)),
        state_file=_resolve(model.state_file, directory),
        journal=journal,
        notify=tuple(NotifySettings(**_fields(each, directory)) for each in model.notify),
        domains=tuple(_domain(domain, directory, model.parsing, journal) for domain in model.domains),
    )


def _domain(model: DomainModel, directory: Path, parsing: ParsingModel, journal: Path) -> DomainSettings:
    return DomainSettings(
        name=model.name,
        transport=_transport(model.transport, directory),
        discover=model.discover,
        address_template=model.address_template,
        discovered_seconds=model.discovered_seconds,
        discovered_limit=model.discovered_limit,
        hosts=tuple(_host(host, model.address_template) for host in model.hosts),
        thresholds=Thresholds(**vars(model.thresholds)),
        ignore_lines=tuple(IgnoreRule(**vars(rule)) for rule in parsing.ignore_lines),
        failover=_failover(model.failover, directory, journal) if model.failover else None,
    )


def _failover(model: FailoverModel, directory: Path, journal: Path) -> FailoverSettings:
    fields = _fields(model, directory)
    fields["journal"] = fields["journal"] or journal
    fields["operator"] = OperatorSettings(**_fields(model.operator, directory))
    fields["hooks"] = HookSettings(**vars(model.hooks))
    fields["fence"] = FenceSettings(**vars(model.fence))
    return FailoverSettings(**fields)


def _host(model: HostModel, template: str) -> Host:
    address = model.address or template.replace("{name}", model.name)
    return Host(**{**vars(model), "address": address})


def _transport(model: SshModel | LocalModel | ReplayModel, directory: Path) -> TransportSettings:
    fields = _fields(model, directory)
    del fields["kind"]
    match model:
        case ReplayModel():
            return ReplaySettings(**fields)
        case LocalModel():
            return LocalSettings(**{**fields, "paths": RemotePaths(**vars(model.paths))})
        case SshModel():
            return SshSettings(**{**fields, **_ssh(model)})


def _ssh(model: SshModel) -> dict[str, Any]:
    """Return the fields whose types differ from the model's."""
    return {
        "paths": RemotePaths(**vars(model.paths)),
        "algorithms": _algorithms(model.algorithms),
        "host_algorithms": tuple((host, _algorithms(entry)) for entry in model.host_algorithms for host in entry.hosts),
        "backoff_limit_seconds": _backoff_limit(model),
    }


def _algorithms(model: AlgorithmsModel) -> Algorithms:
    return Algorithms(**{field.name: getattr(model, field.name) for field in fields_of(Algorithms)})


def _backoff_limit(model: SshModel) -> float:
    """Return the limit of the file; the default one gives way to a longer first pause."""
    if "backoff_limit_seconds" in model.model_fields_set:
        return model.backoff_limit_seconds
    return max(model.backoff_limit_seconds, min(model.backoff_initial_seconds, _LONGEST_DEFAULT_LIMIT_SECONDS))


def _fields(model: BaseModel, directory: Path) -> dict[str, Any]:
    """Return the fields, which have the same names in the settings, with resolved paths."""
    return {name: _resolve(value, directory) for name, value in vars(model).items()}


def _resolve(value: Any, directory: Path) -> Any:
    """Resolve a path or a tuple of paths, and return any other value as it is.

    `~` and environment variables are expanded, such as $CREDENTIALS_DIRECTORY, which systemd sets. os.path.expanduser
    leaves an unknown user's `~` as it is, which is then reported as a missing file.
    """
    match value:
        case Path():
            return directory / os.path.expanduser(os.path.expandvars(value))  # noqa: PTH111 - Path.expanduser raises
        case tuple():
            return tuple(_resolve(item, directory) for item in value)
    return value
