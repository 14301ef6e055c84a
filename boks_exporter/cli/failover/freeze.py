"""`boks-exporter failover freeze`: no role is changed for a time."""

import json
from typing import TYPE_CHECKING, Any

import click

from boks_exporter.cli.failover import options
from boks_exporter.cli.failover.options import Common, example, run_async
from boks_exporter.cli.options import DURATION, WORDS
from boks_exporter.cli.streams import echo
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.remote.operator_requests import LONGEST_FREEZE_SECONDS
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    from boks_exporter.app.failover_wiring import ManagedDomain
    from boks_exporter.operations.host_freeze import FreezeResult


@click.group()
def freeze() -> None:
    """Freeze a domain: no role is changed for a time, at most seven days.

    The freeze is kept on every host next to its lock, so that every operator sees it, as the finding `frozen`. It ends
    by itself, any operator can lift it, and the finding can be accepted by its name.
    """


@freeze.command(epilog=example('boks-exporter failover freeze start --for 2d --reason "audit until Friday"'))
@click.option("--for", "seconds", type=DURATION, required=True, help="How long, such as 2d; at most 7d.")
@click.option("--reason", type=WORDS, required=True, metavar="TEXT", help="Why; every operator is shown it.")
@options.common
def start(*, seconds: float, reason: str, **given: Any) -> int:
    """Freeze the domain on every host that answers; an existing freeze is replaced."""
    from boks_exporter.operations.host_freeze import freeze as begin

    if not 1 <= seconds <= LONGEST_FREEZE_SECONDS:
        raise click.UsageError(f"--for: expected at least 1s and at most 7d, found {seconds:g} s")
    common = Common(**given)
    domain = _domain(common)
    result = run_async(lambda: begin(domain, int(seconds), reason))
    return _ended(common, result, "is frozen", ("start", "--for", f"{int(seconds)}s", "--reason", reason))


@freeze.command(epilog=example('boks-exporter failover freeze end --reason "the audit is over"'))
@click.option("--reason", type=WORDS, required=True, metavar="TEXT", help="Why; it is journaled.")
@options.common
def end(*, reason: str, **given: Any) -> int:
    """Lift the freeze of any operator on every host that answers."""
    from boks_exporter.operations.host_freeze import unfreeze

    common = Common(**given)
    domain = _domain(common)
    result = run_async(lambda: unfreeze(domain, reason))
    return _ended(common, result, "is no longer frozen", ("end", "--reason", reason))


@freeze.command(epilog=example("boks-exporter failover freeze show"))
@options.common
def show(**given: Any) -> int:
    """Show the freeze that each host keeps."""
    from boks_exporter.operations.host_freeze import shown_freeze

    common = Common(**given)
    domain = _domain(common)
    result = run_async(lambda: shown_freeze(domain))
    code = Exit.FACTS_UNKNOWN if result.failed else Exit.DONE
    echo(json.dumps(freeze_json(result, code), indent=2) if common.is_json else "\n".join(_lines(result)))
    return int(code)


def _domain(common: Common) -> "ManagedDomain":
    from boks_exporter.cli.failover.open_runs import show_open_runs

    domain = common.domain()
    show_open_runs(domain)
    return domain


def _lines(result: "FreezeResult") -> list[str]:
    from boks_exporter.text.formatting import utc_clock

    lines = []
    for host, found in result.hosts.items():
        if isinstance(found, str):
            lines.append(f"{host}: unknown: {harmless(found)}")
        elif found is None:
            lines.append(f"{host}: not frozen")
        elif found.until is None:
            lines.append(f"{host}: its freeze cannot be read; failover freeze end removes it")
        else:
            lines.append(f"{host}: frozen until {utc_clock(found.until)} by {found.owner}: {harmless(found.reason)}")
    return lines


def freeze_json(result: "FreezeResult", code: Exit) -> dict[str, Any]:
    """Describe the freeze of each host; `until_timestamp_seconds` is null where it cannot be read."""
    hosts = [
        {"host": host, "frozen": None, "error": found}
        if isinstance(found, str)
        else {
            "host": host,
            "frozen": found is not None,
            "until_timestamp_seconds": found.until if found else None,
            "owner": found.owner if found else None,
            "reason": found.reason if found else None,
        }
        for host, found in result.hosts.items()
    ]
    return {"exit_code": int(code), "until_timestamp_seconds": result.until, "hosts": hosts}


def _ended(common: Common, result: "FreezeResult", what: str, words: tuple[str, ...]) -> int:
    """Show what became of it: on every host, on some, or on none."""
    from boks_exporter.failover.runner import NextCommand, in_words

    code, again = Exit.DONE, NextCommand("freeze", words)
    if result.failed:
        code = Exit.UNCHANGED if len(result.failed) == len(result.hosts) else Exit.CHANGED
    if common.is_json:
        ways = [str(again)] if result.failed else []
        echo(json.dumps(freeze_json(result, code) | {"next": ways}, indent=2))
        return int(code)
    echo("\n".join(_lines(result)))
    if result.failed:
        where = "no host that answers" if code is Exit.UNCHANGED else "the others only"
        echo(f"The domain {what} on {where}; once {', '.join(result.failed)} can be asked, {in_words((again,))}")
    else:
        echo(f"The domain {what} on every host")
    return int(code)
