"""The failover commands about hosts: declare one lost, show their locks, break one."""

import json
from typing import Any

import click

from boks_exporter.cli.failover import options
from boks_exporter.cli.failover.options import RUN, Common, example, refused, run_async
from boks_exporter.cli.options import UTF8, WORDS
from boks_exporter.cli.streams import echo
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.text.harmless import harmless


@click.command(
    name="declare-lost",
    epilog=example('boks-exporter failover declare-lost master1 --reason "its machine was scrapped"'),
)
@click.argument("host", type=UTF8)
@click.option("--reason", type=WORDS, required=True, metavar="TEXT", help="How you know that it never runs again.")
@options.common
def declare_lost(*, host: str, reason: str, **given: Any) -> int:
    """Declare HOST permanently lost: it no longer counts as a possible master.

    A host that was master when it was last seen counts as a running master until it is seen otherwise, fenced, or
    declared lost. Check first that its machine is off and stays off. HOST and the replicas are asked first: a machine
    that answers or refuses a login, or at whose master's port a replica is answered or refused, cannot be declared
    lost. A refused SSH connection is no such sign: a router can refuse it. Every later plan shows the declaration. It
    ends with the first sign of life of the host. To close an open run whose hosts are lost, use `failover forget`.
    """
    from boks_exporter.cli.failover.lost import declare

    return declare(Common(**given), host, reason)


@click.command(epilog=example("boks-exporter failover locks"))
@options.common
def locks(**given: Any) -> int:
    """Show who holds the lock of each host."""
    from boks_exporter.cli.failover.open_runs import show_open_runs
    from boks_exporter.operations.host_locks import locks as ask

    common = Common(**given)
    domain = common.domain()
    show_open_runs(domain)
    found = run_async(lambda: ask(domain))
    if common.is_json:
        echo(json.dumps(found, indent=2))
    else:
        echo("\n".join(f"{host}: {harmless(text)}" for host, text in found.items()))
    return int(Exit.DONE)


@click.command(
    name="break-lock", epilog=example("boks-exporter failover break-lock 20261124-201512-promote-3f9a01c7 replica1")
)
@click.argument("run", type=RUN)
@click.argument("host", type=UTF8)
@options.common
def break_lock(*, run: str, host: str, **given: Any) -> int:
    """Break the lock of RUN on HOST, whose operator and journal are permanently lost.

    While a run is open in some journal, resume or abort it there instead. This machine's journal records the operator.
    """
    from boks_exporter.cli.failover.open_runs import show_open_runs
    from boks_exporter.failover.journal import RunOpenError
    from boks_exporter.failover.runner import NextCommand
    from boks_exporter.operations.host_locks import StillLockedError
    from boks_exporter.operations.host_locks import break_lock as take_away

    common = Common(**given)
    domain = common.domain(host)
    options.validate_host(domain, host)
    show_open_runs(domain)
    try:
        text = run_async(lambda: take_away(domain, run, host))
    except (RunOpenError, StillLockedError) as error:
        is_open = isinstance(error, RunOpenError)
        code, look = (Exit.LOCKED, "history") if is_open else (Exit.INTERNAL, "locks")
        return refused(common, code, str(error), NextCommand(look))
    echo(json.dumps({"host": host, "said": text}) if common.is_json else text)
    return int(Exit.DONE)
