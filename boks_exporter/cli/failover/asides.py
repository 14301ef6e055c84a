"""`boks-exporter failover asides`: what runs have moved aside on the hosts."""

import json
from typing import TYPE_CHECKING, Any

import click

from boks_exporter.cli.failover import options
from boks_exporter.cli.failover.options import Common, UsageWithNextError, example, refused, run_async, validate_host
from boks_exporter.cli.options import UTF8, WORDS
from boks_exporter.cli.streams import echo
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    from boks_exporter.parsing.operator_facts import Aside

_reason = click.option("--reason", type=WORDS, required=True, metavar="TEXT", help="Why; it is journaled.")


@click.group()
def asides() -> None:
    """List, restore and remove what runs have moved aside on the hosts.

    A run never deletes a database: it moves the files into data/removed-RUN.STEP on the same host, where they stay.
    """


@asides.command(
    name="list", epilog=example("boks-exporter failover asides list", "boks-exporter failover asides list replica1")
)
@click.argument("host", type=UTF8, required=False)
@options.common
def list_asides(*, host: str | None, **given: Any) -> int:
    """List what runs have moved aside on every host, or on HOST, with age and size."""
    from boks_exporter.cli.failover.open_runs import show_open_runs
    from boks_exporter.failover.runner import NextCommand, in_words
    from boks_exporter.observe import SystemClock
    from boks_exporter.operations.host_asides import asides as ask

    common = Common(**given)
    domain = common.domain(host)
    if host is not None:
        validate_host(domain, host)
    show_open_runs(domain)
    found, now = run_async(lambda: ask(domain, host)), SystemClock().now()
    failed = {name: each for name, each in found.items() if isinstance(each, str)}
    listed = [(name, aside) for name, each in found.items() if not isinstance(each, str) for aside in each]
    if common.is_json:
        shown = [aside_json(name, aside, now) for name, aside in listed]
        echo(json.dumps({"asides": shown, "unknown": failed}, indent=2))
    else:
        lines = [_line(name, aside, now) for name, aside in listed]
        lines += [f"{name}  unknown: {harmless(why)}" for name, why in failed.items()]
        lines += [in_words((NextCommand("check"),))] if failed else []
        echo("\n".join(lines) or "nothing is moved aside")
    return int(Exit.FACTS_UNKNOWN if failed else Exit.DONE)


def aside_json(host: str, aside: "Aside", now: float) -> dict[str, Any]:
    """Describe one directory; null means unknown."""
    moved = aside.moved_at.timestamp() if aside.moved_at else None
    return {
        "host": host,
        "removal": aside.removal,
        "files": aside.files,
        "kilobytes": aside.kilobytes,
        "moved_timestamp_seconds": moved,
        "age_seconds": None if moved is None else max(0.0, now - moved),
        "state": aside.state,
    }


def _line(host: str, aside: "Aside", now: float) -> str:
    from boks_exporter.text.formatting import in_words

    shown = aside_json(host, aside, now)
    size = "of unknown size" if aside.kilobytes is None else f"{aside.kilobytes} KiB"
    age = "at an unknown time" if shown["age_seconds"] is None else f"{in_words(shown['age_seconds'])} ago"
    return f"{host}  {aside.removal}  {aside.files} files, {size}, moved {age}, {aside.state or 'of unknown state'}"


@asides.command(
    epilog=example(
        'boks-exporter failover asides restore replica1 20261124-201512-rebuild-3f9a01c7.2 --reason "needed after all"'
    )
)
@click.argument("host", type=UTF8)
@click.argument("removal")
@_reason
@options.common
def restore(*, host: str, removal: str, reason: str, **given: Any) -> int:
    """Move a database back on HOST, which must be a client without one.

    REMOVAL is a name of `asides list`. All that the same run has moved aside there is moved back.
    """
    from boks_exporter.failover.journal import ActionKind

    return _change(Common(**given), ActionKind.RESTORE_ASIDE, host, removal, reason)


@asides.command(
    epilog=example(
        'boks-exporter failover asides remove replica1 20261124-201512-rebuild-3f9a01c7.2 --reason "reloaded in May"'
    )
)
@click.argument("host", type=UTF8)
@click.argument("removal")
@_reason
@options.common
def remove(*, host: str, removal: str, reason: str, **given: Any) -> int:
    """Permanently delete what a run moved aside on HOST under the name REMOVAL.

    Updates that only this copy has are lost with it. Half a removal is never deleted, nor anything that is no plain
    file.
    """
    from boks_exporter.failover.journal import ActionKind

    return _change(Common(**given), ActionKind.REMOVE_ASIDE, host, removal, reason)


def _change(common: Common, kind: Any, host: str, removal: str, reason: str) -> int:
    from boks_exporter.cli.failover.open_runs import show_open_runs
    from boks_exporter.failover.journal import RunOpenError
    from boks_exporter.failover.runner import NextCommand, in_words
    from boks_exporter.operations.host_asides import NoSuchRemovalError, change_aside

    domain = common.domain(host)
    validate_host(domain, host)
    show_open_runs(domain)
    try:
        result = run_async(lambda: change_aside(domain, kind, host, removal, reason))
    except NoSuchRemovalError as error:
        raise UsageWithNextError(str(error), NextCommand("asides", ("list", host))) from error
    except RunOpenError as error:
        return refused(common, Exit.LOCKED, str(error), NextCommand("history"))
    shown = {"exit_code": int(result.exit), "host": host, "removal": removal, "sentence": result.sentence}
    look = NextCommand("locks") if result.exit is Exit.LOCKED else NextCommand("asides", ("list", host))
    ways = () if result.exit is Exit.DONE else (look,)
    lines = [harmless(result.sentence), *([in_words(ways)] if ways else ())]
    echo(json.dumps(shown | {"next": [*map(str, ways)]}) if common.is_json else "\n".join(lines))
    return int(result.exit)
