"""`boks-exporter fit`: how well the parsers fit what the hosts print."""

from pathlib import Path

import click

from boks_exporter.cli import cli_exits, options
from boks_exporter.cli.streams import echo
from boks_exporter.text.harmless import harmless


@click.command(
    short_help="Show which lines of the hosts' output can be read.",
    epilog="""\b
Examples:
  boks-exporter fit --config.file FILE
  boks-exporter fit --config.file /var/tmp/report/replay.yaml

Exit codes: 0 shown, 1 failed, with the reason, 2 wrong usage.""",
)
@options.config_file
@click.option("--domain", "domains", multiple=True, metavar="NAME", help="Only this domain. May be repeated.")
def fit(config_file: Path, domains: tuple[str, ...]) -> int:
    """Poll the hosts once, or read a recording, and show for each host and command what was read and what was not.

    It is meant for the first contact with an installation, whose release of BoKS may print forms that were never seen.
    """
    import asyncio

    from boks_exporter.app.logs import configure
    from boks_exporter.app.one_shot import poll_rounds
    from boks_exporter.app.options import LogFormat
    from boks_exporter.config import load
    from boks_exporter.recording.fit_page import fit_page

    configure("error", LogFormat.LOGFMT)
    settings = load(config_file)
    options.validate_domains(domains, [domain.name for domain in settings.domains], str(config_file))
    found = asyncio.run(poll_rounds(settings, domains))
    for line in fit_page([[view.snapshot for view in views] for views in found]):
        echo(harmless(line))
    return cli_exits.DONE
