"""`boks-exporter failover rehearse`: show what a procedure would do, on a simulated twin of the domain."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import click

from boks_exporter.cli.failover.open_runs import show_open_runs
from boks_exporter.cli.failover.options import AcceptArguments, Common, acceptances, run_async
from boks_exporter.cli.failover.rehearsal_output import (
    HEADING,
    differences_text,
    domain_in_short,
    proposal_in_short,
    rehearsal_json,
    rehearsal_text,
)
from boks_exporter.cli.streams import echo
from boks_exporter.failover.preflight import NotAcceptableError, check_acceptable
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, Proposal
from boks_exporter.model import HostName
from boks_exporter.rehearsal.fault_spec import RehearsalError, parse_fault_spec
from boks_exporter.rehearsal.rehearse import rehearse
from boks_exporter.text.harmless import harmless


def _print(lines: list[str]) -> None:
    echo("\n".join(harmless(line) for line in lines))


def _keep_silent(_: list[str]) -> None:
    """Print nothing until the end, for a script."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Print the progress of a rehearsal."""

    order: Order
    dead: tuple[HostName, ...] = ()
    tell: Callable[[list[str]], None] = _print

    def show_live(self, proposal: Proposal) -> None:
        """Show the live domain and, unless another is assumed, the findings about the plan."""
        shown = domain_in_short(proposal) if self.dead else proposal_in_short(proposal, self.order.acceptances)
        self.tell([HEADING, *shown])

    def show_differences(self, differences: tuple[str, ...]) -> None:
        """Show the differences of the twin."""
        self.tell(differences_text(differences))

    def show_hypothetical(self, dead: tuple[HostName, ...], proposal: Proposal) -> None:
        """Show the twin on which some hosts are dead."""
        self.tell(
            [
                f"As if the machine of {', '.join(dead)} had been off for a minute, on the twin:",
                *proposal_in_short(proposal, self.order.acceptances),
                "",
            ]
        )

    def show_line(self, line: str) -> None:
        """Show what is typed and printed on the twin."""
        self.tell(line.split("\n"))


def order_of(procedure: Procedure, host: HostName, accept: AcceptArguments, reason: str) -> Order:
    """Build the order; raises UsageError for an acceptance that is not allowed."""
    accepted = acceptances(accept, reason)
    try:
        check_acceptable(accepted)
    except NotAcceptableError as error:
        raise click.UsageError(str(error)) from error
    return Order(procedure=procedure, target=host, accepted=accepted, reason=reason.strip())


def show_rehearsal(common: Common, order: Order, *, inject: str | None, then: str, dead: tuple[HostName, ...]) -> int:
    """Rehearse, and show it."""
    hosts = tuple(dict.fromkeys(dead))
    domain, reader = common.domain(order.target), Reader(order, hosts, _keep_silent if common.is_json else _print)
    show_open_runs(domain)
    try:
        injected = parse_fault_spec(inject, then) if inject else None
        rehearsal = run_async(lambda: rehearse(domain, order, reader, injected, hosts))
    except RehearsalError as error:
        raise click.UsageError(str(error)) from error
    if common.is_json:
        echo(json.dumps(rehearsal_json(rehearsal, order.acceptances), indent=2))
    else:
        echo("\n".join(harmless(line) for line in rehearsal_text(rehearsal)))
    return int(rehearsal.exit)
