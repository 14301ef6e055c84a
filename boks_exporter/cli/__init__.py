"""Command line interface."""

from boks_exporter.cli.root_command import main
