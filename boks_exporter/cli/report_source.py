"""Where a report comes from: one look of our own, or a running exporter."""

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from boks_exporter.cli.options import insist_on_domains
from boks_exporter.errors import BoksExporterError

if TYPE_CHECKING:
    from boks_exporter.config import Settings
    from boks_exporter.exposition import StatusReport

_SHARE_OF_ONE_EXCHANGE: Final = 0.4
"""A host that hangs may take this share of the deadline, so that there is time left to look at the others."""

_OF_AN_EXPORTER: Final = (
    "username",
    "password_file",
    "ca_file",
    "client_certificate",
    "client_key",
    "insecure_ignore_certificate",
    "warning_lag_seconds",
    "critical_lag_seconds",
)
"""Options that mean something only where a running exporter is asked."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to ask, and whom; made of the options that `options.source` adds."""

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
    def of(cls, ctx: click.Context, **options: Any) -> "Question":
        """Take the options; a file that is named on the command line wins over a URL in the environment."""
        typed = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        on_the_line = [name for name in ("config_file", "url") if name in typed]
        if len(on_the_line) > 1:
            message = "--config.file and --url exclude each other: either our own look, or a running exporter's"
            raise click.UsageError(message, ctx)
        question = cls(**options)
        question = replace(question, url=None) if on_the_line == ["config_file"] else question
        if fault := question.contradiction([name for name in _OF_AN_EXPORTER if name in typed]):
            raise click.UsageError(fault, ctx)
        return question

    def contradiction(self, typed: Collection[str]) -> str | None:
        """Say which of the typed options would have no effect, or could not work."""
        if self.url is None and typed:
            return f"{_flags(typed)}: expected --url as well: our own look at the hosts has no use for it"
        if self.client_key is not None and self.client_certificate is None:
            return "--client-key: expected --client-certificate as well"
        if self.username is not None and ":" in self.username:
            return f"--username: expected a name without a colon, found {self.username!r}"
        return None


class TimedOutError(BoksExporterError):
    """The deadline of the whole command passed."""


def _flags(names: Collection[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


def ask(question: Question) -> "StatusReport":
    """Bring the report; raises BoksExporterError or ClickException where there is none."""
    return _of_exporter(question) if question.url is not None else _of_our_own(question)


def _of_exporter(question: Question) -> "StatusReport":
    from boks_exporter.cli.http_client import Access, fetch_report

    access = Access(
        url=question.url or "",
        username=question.username,
        password=_password(question),
        ca_file=question.ca_file,
        client_certificate=question.client_certificate,
        client_key=question.client_key,
        insecure_ignore_certificate=question.insecure_ignore_certificate,
    )
    report = fetch_report(access, question.timeout_seconds)
    insist_on_domains(question.domains, [domain["domain"] for domain in report["domains"]], access.url)
    kept = [domain for domain in report["domains"] if not question.domains or domain["domain"] in question.domains]
    return {**report, "domains": kept}


def _password(question: Question) -> str | None:
    if question.password_file is None:
        return os.environ.get("BOKS_EXPORTER_PASSWORD")
    try:
        text = question.password_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"--password-file {question.password_file} cannot be read: {reason}"
        raise click.ClickException(message) from error
    return text.partition("\n")[0].removesuffix("\r")


def _of_our_own(question: Question) -> "StatusReport":
    from boks_exporter.config import load

    settings = load(question.config_file)
    insist_on_domains(question.domains, [domain.name for domain in settings.domains], str(question.config_file))
    return _look(settings, question.domains, question.timeout_seconds)


def _look(settings: "Settings", domains: Collection[str], seconds: float) -> "StatusReport":
    """Look once; what is logged goes to standard error, and only if it is an error."""
    import asyncio

    from boks_exporter.app.logs import configure
    from boks_exporter.app.one_shot import look_once
    from boks_exporter.app.options import LogFormat
    from boks_exporter.exposition import status_report

    configure("error", LogFormat.LOGFMT)
    one_exchange = min(settings.poll.timeout_seconds, seconds * _SHARE_OF_ONE_EXCHANGE)
    hurried = replace(settings, poll=replace(settings.poll, timeout_seconds=one_exchange))

    async def in_time() -> "StatusReport":
        async with asyncio.timeout(seconds):
            return status_report(await look_once(hurried, domains))

    try:
        return asyncio.run(in_time())
    except TimeoutError as error:
        message = f"no complete look within {seconds:g} s; raise --timeout, or ask a running exporter with --url"
        raise TimedOutError(message) from error
