"""The commands that pages show exist, with their options."""

import shlex
from collections.abc import Callable

import click
import pytest

from boks_exporter.cli.root_command import program
from boks_exporter.exposition import DomainView
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.report.shapes import STATES
from tests.browser.situations import dark_site, dead_master, down, failing_over, many, replace_domain, rivals
from tests.unit.web_overview_pages import read

HOST_STATES = [state for state in STATES if state not in {"ok", "no_master", "several_masters", "degraded"}]


def parsed(text: str) -> click.Command:
    """Parse a command with the program's own options; raises for one that does not exist."""
    _, *words = shlex.split(text)
    command: click.Command = program
    context = click.Context(command, info_name="boks-exporter")
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found
        command = found
        context = click.Context(command, parent=context, info_name=name)
    command.make_parser(context).parse_args(words)
    return command


@pytest.mark.parametrize("state", HOST_STATES)
def test_the_next_command_of_every_state_exists(state: str) -> None:
    text = NextCommands(("--config.file", "/etc/boks exporter/config.yaml"), (), "it's").next_for("-x y", state)
    if state != "role_changing":
        assert text is not None
        assert parsed(text)


@pytest.mark.parametrize("situation", [dead_master, rivals, down, dark_site, failing_over, many])
def test_every_command_on_a_page_exists(situation: Callable[[], DomainView]) -> None:
    view = situation()
    commands = read(view, replace_domain(down(), "other"), domain=view.snapshot.domain).of("code")
    assert commands
    for text in commands:
        assert parsed(text)
