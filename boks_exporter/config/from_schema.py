"""Frozen settings from the validated model."""

import os
from pathlib import Path
from typing import Any

from boks_exporter.config.schema import (
    ConfigModel,
    DomainModel,
    FailoverModel,
    HostModel,
    LocalModel,
    PathsModel,
    ReplayModel,
    SshModel,
    ThresholdsModel,
)
from boks_exporter.config.settings import (
    DomainSettings,
    FailoverSettings,
    HookSettings,
    OperatorSettings,
    PollSettings,
    Settings,
)
from boks_exporter.exposition import ExpositionOptions
from boks_exporter.health import Thresholds
from boks_exporter.model import Host
from boks_exporter.remote.settings import (
    LocalSettings,
    RemotePaths,
    ReplaySettings,
    SshSettings,
    TransportSettings,
)


def settings_of(model: ConfigModel, directory: Path) -> Settings:
    """Build the settings; paths are relative to `directory`."""
    return Settings(
        poll=PollSettings(
            interval_seconds=model.poll.interval,
            timeout_seconds=model.poll.timeout,
            concurrency=model.poll.concurrency,
        ),
        metrics=ExpositionOptions(tables=model.metrics.tables, table_lag=model.metrics.table_lag),
        state_file=_resolve(model.state_file, directory),
        domains=tuple(_domain(domain, directory) for domain in model.domains),
    )


def _resolve(path: Path | None, directory: Path) -> Path | None:
    """Expand `~` and environment variables such as $CREDENTIALS_DIRECTORY, which systemd sets.

    os.path.expanduser leaves an unknown user's `~` as it is, which is then reported as a missing file.
    """
    return None if path is None else directory / os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111 - Path.expanduser raises for an unknown user


def _resolve_all(paths: tuple[Path, ...], directory: Path) -> tuple[Path, ...]:
    return tuple(found for path in paths if (found := _resolve(path, directory)))


def _domain(model: DomainModel, directory: Path) -> DomainSettings:
    return DomainSettings(
        name=model.name,
        transport=_transport(model.transport, directory),
        discover=model.discover,
        address_template=model.address_template,
        hosts=tuple(_host(host, model.address_template) for host in model.hosts),
        thresholds=_thresholds(model.thresholds),
        failover=_failover(model.failover, directory) if model.failover else None,
    )


def _failover(model: FailoverModel, directory: Path) -> FailoverSettings:
    operator, hooks = model.operator, model.hooks
    return FailoverSettings(
        journal=_resolve(model.journal, directory) or directory,
        operator=OperatorSettings(
            user=operator.user,
            identity_files=_resolve_all(operator.identity_files, directory),
            certificate_files=_resolve_all(operator.certificate_files, directory),
            passphrase_file=_resolve(operator.passphrase_file, directory),
            agent=operator.agent,
        ),
        cool_down_seconds=model.cool_down,
        max_behind_updates=model.max_behind,
        quiet_seconds=model.quiet,
        master_port=model.master_port,
        hooks=HookSettings(
            before=hooks.before, after=hooks.after, on_failure=hooks.on_failure, timeout_seconds=hooks.timeout
        ),
    )


def _host(model: HostModel, template: str) -> Host:
    return Host(
        name=model.name,
        address=model.address or template.replace("{name}", model.name),
        port=model.port,
        site=model.site,
        section=model.section,
        promotion=model.promotion,
    )


def _thresholds(model: ThresholdsModel) -> Thresholds:
    return Thresholds(
        lag_sequences=model.lag_sequences,
        lag_seconds=model.lag_age,
        lag_sequences_at_once=model.lag_sequences_at_once,
        ahead_sequences=model.ahead_sequences,
        stamp_seconds=model.stamp_age,
        missing_seconds=model.missing_age,
    )


def _transport(model: SshModel | LocalModel | ReplayModel, directory: Path) -> TransportSettings:
    match model:
        case SshModel():
            return _ssh(model, directory)
        case LocalModel():
            return LocalSettings(paths=_paths(model.paths), max_reply_bytes=model.max_reply)
        case ReplayModel():
            return ReplaySettings(directory=_resolve(model.directory, directory) or directory)


def _ssh(model: SshModel, directory: Path) -> SshSettings:
    same: dict[str, Any] = {
        key: getattr(model, key) for key in ("user", "agent", "insecure_ignore_host_keys", "jump_host", "gate")
    }
    return SshSettings(
        **same,
        identity_files=_resolve_all(model.identity_files, directory),
        certificate_files=_resolve_all(model.certificate_files, directory),
        passphrase_file=_resolve(model.passphrase_file, directory),
        known_hosts=_resolve(model.known_hosts, directory),
        openssh_config=_resolve(model.openssh_config, directory),
        paths=_paths(model.paths),
        keepalive_interval_seconds=model.keepalive_interval,
        keepalive_count=model.keepalive_count,
        max_reply_bytes=model.max_reply,
        backoff_initial_seconds=model.backoff_initial,
        backoff_limit_seconds=model.backoff_limit,
    )


def _paths(model: PathsModel) -> RemotePaths:
    return RemotePaths(
        boks_etc=model.boks_etc,
        boks_var=model.boks_var,
        boksadm=model.boksadm,
        prefix=model.prefix,
        section_timeout_seconds=int(model.section_timeout),
    )
