"""The command line: parse, ask, print, exit."""

from boks_exporter.cli.program import main

__all__ = ["main"]
