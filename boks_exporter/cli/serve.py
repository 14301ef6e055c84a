"""`boks-exporter serve`: the daemon."""

from pathlib import Path
from typing import Final

import click

from boks_exporter.cli import options
from boks_exporter.cli.options import FILE, LISTEN_ADDRESS, Checked

_LEVELS: Final = ("debug", "info", "warning", "error")
_FORMATS: Final = ("logfmt", "json")


def _telemetry_path(value: str) -> str:
    from boks_exporter.web.paths import checked_telemetry_path

    return checked_telemetry_path(value)


def _external_url(value: str) -> str:
    from boks_exporter.web.paths import checked_external_url

    return checked_external_url(value)


def _route_prefix(value: str) -> str:
    from boks_exporter.web.paths import checked_route_prefix

    return checked_route_prefix(value)


@click.command(
    short_help="Run the daemon.",
    epilog="""\b
Examples:
  boks-exporter serve --config.file=/etc/boks-exporter/config.yaml
  boks-exporter serve --web.listen-address=127.0.0.1:16500 --web.listen-address='[::1]:16500'
  BOKS_EXPORTER_LOG_LEVEL=debug boks-exporter serve

\b
Signals:
  SIGHUP            reload the configuration; a faulty one is refused and the old one stays active
  SIGTERM, SIGINT   close all connections and exit

Exit codes: 0 stopped by a signal, 1 could not start, with the reason, 2 wrong usage.""",
)
@options.config_file
@click.option(
    "--web.listen-address",
    "listen_addresses",
    type=LISTEN_ADDRESS,
    multiple=True,
    default=[":16500"],
    envvar="BOKS_EXPORTER_WEB_LISTEN_ADDRESS",
    show_default=True,
    show_envvar=True,
    metavar="[HOST]:PORT",
    help="Address to listen on. May be repeated; in the environment separate several with spaces.",
)
@click.option(
    "--web.config.file",
    "web_config_file",
    type=FILE,
    envvar="BOKS_EXPORTER_WEB_CONFIG_FILE",
    show_envvar=True,
    metavar="FILE",
    help="TLS and basic authentication, in the format of Prometheus's exporter-toolkit.",
)
@click.option(
    "--web.telemetry-path",
    "telemetry_path",
    type=Checked("path", _telemetry_path),
    default="/metrics",
    envvar="BOKS_EXPORTER_WEB_TELEMETRY_PATH",
    show_default=True,
    show_envvar=True,
    metavar="PATH",
    help="Path of the metrics.",
)
@click.option(
    "--web.external-url",
    "external_url",
    type=Checked("URL", _external_url),
    envvar="BOKS_EXPORTER_WEB_EXTERNAL_URL",
    show_envvar=True,
    metavar="URL",
    help="URL of the exporter for browsers, if it is behind a proxy.",
)
@click.option(
    "--web.route-prefix",
    "route_prefix",
    type=Checked("path", _route_prefix),
    envvar="BOKS_EXPORTER_WEB_ROUTE_PREFIX",
    show_envvar=True,
    metavar="PATH",
    help="Prefix of all paths. Default: the path of --web.external-url.",
)
@click.option(
    "--web.enable-lifecycle/--no-web.enable-lifecycle",
    "enable_lifecycle",
    default=False,
    envvar="BOKS_EXPORTER_WEB_ENABLE_LIFECYCLE",
    show_envvar=True,
    help="Allow POST /-/reload to reload the configuration.",
)
@click.option(
    "--log.level",
    "log_level",
    type=click.Choice(_LEVELS),
    default="info",
    envvar="BOKS_EXPORTER_LOG_LEVEL",
    show_default=True,
    show_envvar=True,
    help="Lowest level that is logged, on standard error.",
)
@click.option(
    "--log.format",
    "log_format",
    type=click.Choice(_FORMATS),
    default="logfmt",
    envvar="BOKS_EXPORTER_LOG_FORMAT",
    show_default=True,
    show_envvar=True,
    help="Format of log lines.",
)
def serve(  # noqa: PLR0913 - one per flag
    *,
    config_file: Path,
    listen_addresses: tuple[str, ...],
    web_config_file: Path | None,
    telemetry_path: str,
    external_url: str | None,
    route_prefix: str | None,
    enable_lifecycle: bool,
    log_level: str,
    log_format: str,
) -> int:
    """Run the daemon: poll every host at an interval and serve the results over HTTP.

    A flag takes precedence over its environment variable, which takes precedence over the default. Pages: / shows
    the domains, /metrics is for Prometheus, /api/v1/status is the JSON of `status`, /-/healthy fails when no round
    finishes, and /-/ready succeeds after the first round.
    """
    from boks_exporter.app.options import LogFormat, ServeOptions
    from boks_exporter.app.serve import serve as run

    return run(
        ServeOptions(
            config_file=config_file,
            listen_addresses=listen_addresses,
            web_config_file=web_config_file,
            telemetry_path=telemetry_path,
            external_url=external_url,
            route_prefix=route_prefix,
            enable_lifecycle=enable_lifecycle,
            log_level=log_level,
            log_format=LogFormat(log_format),
        )
    )
