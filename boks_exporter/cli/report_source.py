"""Source of a status report: a one-shot poll, or a running exporter."""

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from boks_exporter.cli.options import DEFAULT_CONFIG, validate_domains
from boks_exporter.errors import BoksExporterError
from boks_exporter.report.next_commands import NextCommands

if TYPE_CHECKING:
    from boks_exporter.cli.http_client import Access
    from boks_exporter.config import Settings
    from boks_exporter.exposition import DomainView
    from boks_exporter.report import StatusReport

_SHARE_OF_ONE_POLL: Final = 0.4
"""A host that hangs may use this share of the deadline, which leaves time to poll the others."""

_NEEDS_URL: Final = (
    "username",
    "password_file",
    "ca_file",
    "client_certificate",
    "client_key",
    "insecure_ignore_certificate",
    "warning_lag_seconds",
    "critical_lag_seconds",
)
"""Options that have an effect only with --url."""


@dataclass(frozen=True, kw_only=True)
class ReportQuery:
    """The values of the options that `options.source` adds."""

    config_file: Path
    url: str | None
    domains: tuple[str, ...]
    username: str | None
    password_file: Path | None
    ca_file: Path | None
    client_certificate: Path | None
    client_key: Path | None
    insecure_ignore_certificate: bool
    timeout_seconds: float

    @classmethod
    def of(cls, ctx: click.Context, **options: Any) -> "ReportQuery":
        """Build a query; a file on the command line takes precedence over a URL in the environment."""
        typed = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        on_command_line = [name for name in ("config_file", "url") if name in typed]
        if len(on_command_line) > 1:
            message = "--config.file and --url exclude each other: poll the hosts, or read from a running exporter"
            raise click.UsageError(message, ctx)
        query = cls(**options)
        query = replace(query, url=None) if on_command_line == ["config_file"] else query
        if fault := query.contradiction([name for name in _NEEDS_URL if name in typed]):
            raise click.UsageError(fault, ctx)
        return query

    @property
    def next_commands(self) -> NextCommands:
        """Commands with the same source, where it is not the default, and the domain where one was chosen."""
        domain = self.domains[0] if len(self.domains) == 1 else ""
        if self.url is not None:
            return NextCommands((), ("--url", self.url, *self._access_options()), domain)
        is_default = str(self.config_file) == DEFAULT_CONFIG
        return NextCommands(() if is_default else ("--config.file", str(self.config_file)), (), domain)

    def _access_options(self) -> Iterator[str]:
        """Yield what the exporter asks of its clients."""
        for flag, value in (
            ("--username", self.username),
            ("--password-file", self.password_file),
            ("--ca-file", self.ca_file),
            ("--client-certificate", self.client_certificate),
            ("--client-key", self.client_key),
        ):
            if value is not None:
                yield from (flag, str(value))
        if self.insecure_ignore_certificate:
            yield "--insecure-ignore-certificate"

    def contradiction(self, typed: Collection[str]) -> str | None:
        """Return a message about options that have no effect or cannot work together, or None."""
        if self.url is None and typed:
            return f"{_flags(typed)}: expected --url as well: without it, it has no effect"
        if self.client_key is not None and self.client_certificate is None:
            return "--client-key: expected --client-certificate as well"
        if self.username is not None and ":" in self.username:
            return f"--username: expected a name without a colon, found {self.username!r}"
        return None


class TimedOutError(BoksExporterError):
    """The deadline of the command passed."""


def _flags(names: Collection[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


@dataclass(frozen=True, slots=True)
class SourcedReport:
    """A report and the current time by the clock that its timestamps come from."""

    report: "StatusReport"
    now: float


def fetch(query: ReportQuery) -> SourcedReport:
    """Return the report; raises BoksExporterError or ClickException."""
    return _from_exporter(query) if query.url is not None else _from_poll(query)


def access_to(query: ReportQuery) -> "Access":
    """Return address and credentials of the running exporter."""
    from boks_exporter.cli.http_client import Access

    return Access(
        url=query.url or "",
        username=query.username,
        password=password_of(query.password_file),
        ca_file=query.ca_file,
        client_certificate=query.client_certificate,
        client_key=query.client_key,
        insecure_ignore_certificate=query.insecure_ignore_certificate,
    )


def _from_exporter(query: ReportQuery) -> SourcedReport:
    from boks_exporter.cli.http_client import fetch_report

    access = access_to(query)
    fetched = fetch_report(access, query.timeout_seconds)
    report = fetched.report
    validate_domains(query.domains, [domain["domain"] for domain in report["domains"]], access.url)
    kept = [domain for domain in report["domains"] if not query.domains or domain["domain"] in query.domains]
    now = time.time() if fetched.answered_at is None else fetched.answered_at
    return SourcedReport({**report, "domains": kept}, now)


def password_of(password_file: Path | None) -> str | None:
    """Return the password for basic authentication, from a file or the environment."""
    if password_file is None:
        return os.environ.get("BOKS_EXPORTER_PASSWORD")
    try:
        text = password_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise click.ClickException(f"--password-file {password_file} cannot be read: {reason}") from error
    return text.partition("\n")[0].removesuffix("\r")


def _from_poll(query: ReportQuery) -> SourcedReport:
    from boks_exporter.exposition import status_report

    return SourcedReport(status_report(poll_views(query)), time.time())


def poll_views(query: ReportQuery) -> "tuple[DomainView, ...]":
    """Poll all hosts once and return what the metrics are made of."""
    from boks_exporter.config import load

    settings = load(query.config_file)
    validate_domains(query.domains, [domain.name for domain in settings.domains], str(query.config_file))
    return _poll(settings, query.domains, query.timeout_seconds)


def _poll(settings: "Settings", domains: Collection[str], seconds: float) -> "tuple[DomainView, ...]":
    """Poll all hosts once; only errors are logged, on standard error."""
    import asyncio

    from boks_exporter.app.logs import configure
    from boks_exporter.app.one_shot import poll_once
    from boks_exporter.app.options import LogFormat

    configure("error", LogFormat.LOGFMT)
    timeout_of_one_poll = min(settings.poll.timeout_seconds, seconds * _SHARE_OF_ONE_POLL)
    hurried = replace(settings, poll=replace(settings.poll, timeout_seconds=timeout_of_one_poll))

    async def in_time() -> "tuple[DomainView, ...]":
        async with asyncio.timeout(seconds):
            return await poll_once(hurried, domains)

    try:
        return asyncio.run(in_time())
    except TimeoutError as error:
        message = f"polling took longer than {seconds:g} s; raise --timeout, or read from a running exporter with --url"
        raise TimedOutError(message) from error
