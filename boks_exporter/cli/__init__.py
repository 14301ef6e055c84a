"""The command line: parse, ask, print, exit."""

from boks_exporter.cli.root_command import main

__all__ = ["main"]
