"""The open runs that every failover command shows first, with the next commands."""

from collections.abc import Iterator

import click

from boks_exporter.app.failover_wiring import ManagedDomain, kept_journal
from boks_exporter.failover.journal import JournalError
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.runner import in_words, next_for
from boks_exporter.text.harmless import harmless


def open_runs(domain: ManagedDomain) -> JournalView:
    """Return the journal's view, and print open runs on standard error; nothing is written.

    Raises JournalError where it cannot be read: then an open run cannot be ruled out.
    """
    view, lines = _read(domain)
    for line in lines:
        click.echo(harmless(line), err=True)
    return view


def show_open_runs(domain: ManagedDomain) -> JournalView:
    """Print open runs for a command that does not depend on them; an unreadable journal is reported, and empty."""
    try:
        return open_runs(domain)
    except JournalError as error:
        click.echo(f"Whether a run is open is unknown: {error}", err=True)
        return JournalView()


def _read(domain: ManagedDomain) -> tuple[JournalView, list[str]]:
    with kept_journal(domain) as journal:
        if journal is None:
            return JournalView(), []
        view = journal.view(domain.domain.name)
        logs = {run.run: journal.steps(run.run) for run in view.open_runs}
    return view, [*_lines(view, {run: in_words(next_for(run, log)) for run, log in logs.items()})]


def _lines(view: JournalView, ways: dict[str, str]) -> Iterator[str]:
    for run in view.open_runs:
        yield f"The run {run.run} ({run.procedure} {run.target}, by {run.owner}) is at work or was left open."
        yield f"  {ways[run.run]}"
