"""`boks-exporter failover rehearse`: show what a procedure would do, on a simulated twin of the domain."""

import json

import click

from boks_exporter.app.rehearsal.rehearse import rehearse
from boks_exporter.app.rehearsal.told import Rehearsal
from boks_exporter.app.rehearsal.wish import RehearsalError, Wish, wish_of
from boks_exporter.cli.failover.options import Common, acceptances, run_async
from boks_exporter.cli.failover.rehearsed import differences_text, live_text, rehearsal_json, rehearsal_text
from boks_exporter.cli.saying import say
from boks_exporter.cli.text import harmless
from boks_exporter.failover.preflight import NotAcceptableError, standing
from boks_exporter.failover.runner import Order, Proposal
from boks_exporter.failover.words import Procedure


class _Reader:
    """Print as it comes; a script gets everything at the end."""

    def __init__(self, order: Order, *, is_silent: bool) -> None:
        self._order = order
        self._is_silent = is_silent

    def see_live(self, proposal: Proposal) -> None:
        """Show the live domain and what speaks against the plan."""
        self._say(live_text(proposal, self._order.guards))

    def see_twin(self, differences: tuple[str, ...]) -> None:
        """Show in what the twin differs."""
        self._say(differences_text(differences))

    def see(self, line: str) -> None:
        """Show what is typed and printed on the twin."""
        self._say(line.split("\n"))

    def _say(self, lines: "list[str]") -> None:
        if not self._is_silent:
            say("\n".join(harmless(line) for line in lines))


def show_rehearsal(  # noqa: PLR0913 - one for each option
    common: Common,
    procedure: Procedure,
    host: str,
    *,
    accept: tuple[str, ...],
    reason: str,
    inject: str | None,
    then: str,
) -> int:
    """Rehearse, and show it."""
    accepted = acceptances(accept, reason)
    try:
        standing((), [acceptance.guard for acceptance in accepted])
        wish = wish_of(inject, then) if inject else None
    except (NotAcceptableError, RehearsalError) as error:
        raise click.UsageError(str(error)) from error
    order = Order(procedure=procedure, target=host, accepted=accepted, reason=reason.strip())
    rehearsal = _rehearsed(common, order, wish)
    if common.is_json:
        say(json.dumps(rehearsal_json(rehearsal, order.guards), indent=2))
    else:
        say("\n".join(harmless(line) for line in rehearsal_text(rehearsal)))
    return int(rehearsal.exit)


def _rehearsed(common: Common, order: Order, wish: Wish | None) -> Rehearsal:
    domain = common.domain(order.target)
    try:
        return run_async(lambda: rehearse(domain, order, wish, _Reader(order, is_silent=common.is_json)))
    except RehearsalError as error:
        raise click.UsageError(str(error)) from error
