"""`boks-exporter version`: version and revision."""

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.streams import echo


@click.command()
def version() -> int:
    """Show version, revision, Python and gate."""
    from boks_exporter.app.build_info import exporter_info
    from boks_exporter.remote.gate import gate_version
    from boks_exporter.remote.request import PROTOCOL

    info = exporter_info()
    echo(f"boks-exporter {info.version}")
    echo(f"  revision  {info.revision}")
    echo(f"  python    {info.python}")
    echo(f"  gate      {gate_version()}, protocol {PROTOCOL}")
    return cli_exits.DONE
