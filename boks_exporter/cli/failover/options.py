"""Options of the failover commands."""

import json
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import click

from boks_exporter.cli.options import UTF8, Checked, Command, config_file, validate_domains
from boks_exporter.cli.streams import echo
from boks_exporter.failover.findings import Guard
from boks_exporter.remote.operator_requests import checked_run
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    from boks_exporter.app.failover_wiring import ManagedDomain
    from boks_exporter.failover.earlier_knowledge import EarlierKnowledge
    from boks_exporter.failover.findings import Acceptance
    from boks_exporter.failover.runner import NextCommand

RUN: Final = Checked("run", checked_run)
_TIMEOUT_SECONDS: Final = 10.0


_Result = TypeVar("_Result")
AcceptArguments: TypeAlias = tuple[tuple[Guard, str | None], ...]

domain = click.option(
    "--domain", "domain_name", metavar="NAME", help="The domain; needed where several can be changed and have the host."
)
output = click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json is stable: keys are only added.",
)


class Accepted(click.ParamType[tuple[Guard, str | None]]):
    """The name of a guard, or NAME=HOST."""

    name = "NAME[=HOST]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Guard, str | None]:
        """Return the guard and its host."""
        name, _, host = str(value).partition("=")
        if name not in {guard.value for guard in Guard}:
            self.fail(f"{name!r} is not one of {', '.join(repr(guard.value) for guard in Guard)}", param, ctx)
        return Guard(name), host or None


knowledge = click.option(
    "--knowledge",
    metavar="URL|FILE",
    help="What was known before, from a running exporter or a file that `failover check` wrote elsewhere.",
)


def common(command: Command) -> Command:
    """Add the options of every failover command."""
    for option in (output, knowledge, domain, config_file):
        command = option(command)
    return command


def accepting(command: Command) -> Command:
    """Add the options by which findings are accepted."""
    for option in (
        click.option(
            "--reason", type=UTF8, metavar="TEXT", default="", help="Why; needed with --accept, and journaled."
        ),
        click.option(
            "--accept",
            "accept",
            multiple=True,
            type=Accepted(),
            help="Accept a finding by name, or for one host. May be repeated; some cannot be accepted.",
        ),
    ):
        command = option(command)
    return command


detach = click.option(
    "--detach", is_flag=True, help="Continue the run without this terminal; `failover show RUN --follow` follows it."
)


def applying(command: Command) -> Command:
    """Add the options of the commands that may change a host."""
    apply = click.option(
        "--apply", "fingerprint", metavar="FINGERPRINT", help="Apply the plan that was shown with this fingerprint."
    )
    return apply(accepting(detach(command)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The options of every failover command."""

    config_file: Path
    domain_name: str | None
    output: str
    knowledge: str | None = None
    detach: bool = False
    """Of the commands that carry out a run."""

    def __post_init__(self) -> None:
        """Add the options that were typed to every command that is shown from now on."""
        from boks_exporter.failover.runner import repeat_options

        repeat_options(self.given())

    @property
    def is_json(self) -> bool:
        return self.output == "json"

    def given(self) -> tuple[str, ...]:
        """Return the options that were typed, for the next commands; what the environment gives is there again."""
        context = click.get_current_context(silent=True)
        values = {
            "config_file": ("--config.file", str(self.config_file)),
            "domain_name": ("--domain", self.domain_name),
            "knowledge": ("--knowledge", self.knowledge),
        }
        typed = click.core.ParameterSource.COMMANDLINE
        names = [name for name in values if context and context.get_parameter_source(name) is typed]
        return tuple(str(word) for name in names for word in values[name])

    def domain(self, host: str | None = None, *, needs_operator: bool = True) -> "ManagedDomain":
        """Load the configuration and find the domain; raises BoksExporterError.

        What only polls, or only reads the journal, needs no operator, and so no section failover.
        """
        from boks_exporter.app.failover_wiring import chosen_domain
        from boks_exporter.app.logs import configure
        from boks_exporter.app.options import LogFormat
        from boks_exporter.config import load

        configure("error", LogFormat.LOGFMT)
        settings = load(self.config_file)
        if self.domain_name is not None:
            validate_domains([self.domain_name], [each.name for each in settings.domains], str(self.config_file))
        found = chosen_domain(settings, self.domain_name, host, needs_operator=needs_operator)
        return replace(found, earlier=self._earlier(found.domain.name))

    def _earlier(self, domain: str) -> "EarlierKnowledge | None":
        return None if self.knowledge is None else knowledge_from(self.knowledge, domain)


def validate_host(domain: "ManagedDomain", host: str) -> None:
    """Refuse a host that is not in the domain, unless it may have been discovered."""
    names = [each.name for each in domain.domain.hosts]
    if host not in names and not domain.domain.discover:
        raise click.UsageError(f"{host} is no host of {domain.domain.name}; there are {', '.join(names)}")


class UsageWithNextError(click.UsageError):
    """Wrong usage, and the command that can be run next."""

    def __init__(self, text: str, command: "NextCommand") -> None:
        super().__init__(f"{text}\nnext: {command}")
        self.next = [str(command)]


def refused(common: Common, code: int, text: str, command: "NextCommand", **more: str) -> int:
    """Print why a command is refused and what can be run next, as JSON as well; returns the exit code."""
    click.echo("\n".join(map(harmless, (f"Error: {text}", f"next: {command}"))), err=True)
    if common.is_json:
        echo(json.dumps({"exit_code": int(code), **more, "error": text, "next": [str(command)]}))
    return int(code)


def acceptances(accepted: AcceptArguments, reason: str) -> "tuple[Acceptance, ...]":
    """Return the acceptances; raises UsageError without a reason."""
    from boks_exporter.failover.findings import Acceptance

    if accepted and not harmless(reason).strip():
        raise click.UsageError("--accept needs --reason: what do you know that the program does not?")
    return tuple(Acceptance(guard, reason.strip(), host) for guard, host in dict.fromkeys(accepted))


def run_async(main: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run one command's work."""
    import asyncio

    return asyncio.run(main())


def is_interactive() -> bool:
    """Return whether standard input and output are a terminal."""
    return os.isatty(0) and os.isatty(1)


def example(*lines: str) -> str:
    """Write the examples at the end of a help text."""
    shown = "\n".join(f"  {line}" for line in lines)
    return f"\b\nExamples:\n{shown}\n\nExit codes: see `boks-exporter failover --help`."


def knowledge_from(source: str, domain: str) -> "EarlierKnowledge":
    """Return what a URL or a file knows of a domain; raises KnowledgeError and ExporterError.

    User and password are those of `status --url`, from the environment.
    """
    from boks_exporter.knowledge.knowledge_file import knowledge_from_report, read_knowledge

    if not source.startswith(("http://", "https://")):
        return read_knowledge(Path(source), domain)
    from boks_exporter.cli.http_client import Access, fetch_report
    from boks_exporter.cli.report_source import password_of

    password_file = os.environ.get("BOKS_EXPORTER_PASSWORD_FILE")
    access = Access(
        url=source,
        username=os.environ.get("BOKS_EXPORTER_USERNAME"),
        password=password_of(Path(password_file) if password_file else None),
    )
    return knowledge_from_report(fetch_report(access, _TIMEOUT_SECONDS).report, source, domain)
