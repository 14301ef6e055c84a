"""`boks-exporter record` and `fit`: raw replies as files that can be replayed, and how well the parsers fit them."""

from pathlib import Path

import click

from boks_exporter.cli import cli_exits, options
from boks_exporter.cli.options import DURATION
from boks_exporter.cli.streams import echo
from boks_exporter.text.harmless import harmless


def _release(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Validate a release before anything is polled."""
    from boks_exporter.recording.files import is_release

    if value is not None and not is_release(value):
        raise click.BadParameter(f"expected a release such as 6.7.1, of a-z, 0-9, dot and dash, found {value!r}")
    return value


@click.command(
    short_help="Record what the hosts print, to replay or to report it.",
    epilog="""\b
Examples:
  boks-exporter record --config.file FILE /var/tmp/incident
  boks-exporter record --config.file FILE --scrub /var/tmp/report
  boks-exporter record --config.file FILE --every 30s --for 10m /var/tmp/history
  boks-exporter status --config.file /var/tmp/report/replay.yaml

Exit codes: 0 recorded, 1 not recorded, with the reason, 2 wrong usage.""",
)
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIRECTORY")
@options.config_file
@click.option("--domain", "domains", multiple=True, metavar="NAME", help="Only this domain. May be repeated.")
@click.option(
    "--scrub",
    is_flag=True,
    help="Replace names of hosts, sites and domains, addresses and all words that are not BoKS's own; widths are kept.",
)
@click.option(
    "--sample",
    metavar="RELEASE",
    callback=_release,
    help="Also write samples for the project's corpus; implies --scrub.",
)
@click.option("--every", type=DURATION, help="Record a history, with --for: the time from one round to the next.")
@click.option("--for", "duration", type=DURATION, help="How long the history is.")
def record(
    directory: Path,
    config_file: Path,
    domains: tuple[str, ...],
    *,
    scrub: bool,
    sample: str | None,
    **history: float | None,
) -> int:
    """Poll the hosts and store their raw replies in a new DIRECTORY, with a configuration that replays them.

    Only the sections that every poll reads are stored. Nothing is sent anywhere. A scrubbed recording is replayed once
    before it is written: where its verdicts were not those of the hosts, nothing is written. Read the files before you
    pass them on.
    """
    import asyncio

    from boks_exporter.config import load
    from boks_exporter.recording.files import write_samples
    from boks_exporter.recording.record_domains import observed, write
    from boks_exporter.recording.record_domains import record as record_domains

    every, duration = history["every"], history["duration"]
    if (every is None) != (duration is None):
        raise click.UsageError("--every and --for: expected both, for a history, or neither")
    if every is not None and every < 1:
        raise click.UsageError("--every: expected at least 1s")
    settings = load(config_file)
    options.validate_domains(domains, [domain.name for domain in settings.domains], str(config_file))
    recordings = asyncio.run(record_domains(settings, domains, every, duration or 0.0))
    write(recordings, directory, is_scrubbed=scrub or sample is not None)
    if sample is not None:
        write_samples(directory, sample)
    rounds = max(len(recording.rounds) for recording in recordings)
    echo(f"recorded {len(observed(recordings))} hosts in {rounds} round{'' if rounds == 1 else 's'}: {directory}")
    echo(f"replay it: boks-exporter status --config.file {directory / 'replay.yaml'}")
    return cli_exits.DONE


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
