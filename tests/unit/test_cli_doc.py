"""docs/cli.md and docs/status.schema.json describe the present commands."""

import subprocess
import sys
from pathlib import Path

import click
import jsonschema
import pytest

from boks_exporter.cli.root_command import program
from scripts import generate_cli_doc

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    """`make docs` regenerates it; run in its own process, since click caches the help option."""
    script = "from scripts import generate_cli_doc as g; print(g.page(), end='')"
    made = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert generate_cli_doc.PAGE.read_text(encoding="utf-8") == made.stdout


def test_the_schema_is_current() -> None:
    """The shape of the JSON cannot change without the shipped schema; keys may be added, none may go."""
    assert generate_cli_doc.SCHEMA.read_text(encoding="utf-8") == generate_cli_doc.schema_text()
    jsonschema.Draft202012Validator.check_schema(generate_cli_doc.schema())


def test_every_key_is_explained() -> None:
    """Neither a key without a meaning nor a meaning without its key."""
    assert {path for path, _ in generate_cli_doc.keys(generate_cli_doc.StatusReport)} == set(generate_cli_doc.MEANINGS)


def _leaves(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    below = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [leaf for name, found in below if found for leaf in _leaves(found, f"{path} {name}")]


@pytest.mark.parametrize(("path", "command"), _leaves(program, "boks-exporter"), ids=str)
def test_every_command_explains_itself(path: str, command: click.Command) -> None:
    """Each has a sentence, each option a help text, and those that have options have examples, too."""
    assert command.help, path
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert not options or "Example" in (command.epilog or ""), path
