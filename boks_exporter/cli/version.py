"""`boks-exporter version`: version and revision."""

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.streams import say


@click.command()
def version() -> int:
    """Show version, revision, Python and gate."""
    from boks_exporter.app.build_info import exporter_info
    from boks_exporter.remote.gate import gate_version
    from boks_exporter.remote.request import PROTOCOL

    info = exporter_info()
    say(f"boks-exporter {info.version}")
    say(f"  revision  {info.revision}")
    say(f"  python    {info.python}")
    say(f"  gate      {gate_version()}, protocol {PROTOCOL}")
    return cli_exits.DONE
