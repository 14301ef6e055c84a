"""Man pages and shell completions, made from the command definitions."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import click
from click_man.core import write_man_pages

from boks_exporter.cli.root_command import program as root_command
from scripts.dist.context import Release, tool

_SHELLS: Final = {
    "bash": "bash-completion/completions/boks-exporter",
    "zsh": "zsh/vendor-completions/_boks-exporter",
    "fish": "fish/vendor_completions.d/boks-exporter.fish",
}


def load_subcommands(group: click.Group) -> None:
    """Import the commands that the program itself imports only when they are used."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        group.commands[name] = command


def write_manuals(release: Release, share: Path) -> None:
    """Write man pages and completions below a `share` directory."""
    pages = share / "man" / "man1"
    pages.mkdir(parents=True)
    date = time.strftime("%Y-%m-%d", time.gmtime(int(release.epoch)))
    load_subcommands(root_command)
    write_man_pages("boks-exporter", root_command, version=release.version, target_dir=str(pages), date=date)
    program = tool("boks-exporter")
    for shell, name in _SHELLS.items():
        target = share / name
        target.parent.mkdir(parents=True)
        environment = os.environ | {"_BOKS_EXPORTER_COMPLETE": f"{shell}_source"}
        script = subprocess.run([program], env=environment, capture_output=True, text=True, check=False).stdout
        if "boks" not in script:
            message = f"{program} printed no completion for {shell}; expected click's script"
            raise RuntimeError(message)
        target.write_text(script, encoding="utf-8")
    sys.stderr.write(f"{len(list(pages.iterdir()))} man pages\n")
