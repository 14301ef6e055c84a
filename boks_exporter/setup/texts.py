"""The texts that `init` writes: configuration, unit settings, environment and scrape job."""

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boks_exporter.app.options import DEFAULT_LISTEN
from boks_exporter.bundled_files import systemd_unit
from boks_exporter.model import Host

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*|[0-9]+(?:\.[0-9]+){3}")
_YAML_WORDS: Final = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_SSH_PORT: Final = 22

_CONFIG: Final = """\
# Written by boks-exporter init; change it as you like, then: boks-exporter config check
# Every key with its default is in docs/configuration.md.
state_file: {state}/state.sqlite      # what is proven of copies, across restarts
journal: {state}/failover.sqlite      # maintenance windows and failover runs; the daemon only reads it

domains:
  - name: {domain}
    transport:
      kind: ssh
      user: {user}
      # systemd sets the variable for the service, the file `environment` next to this one for a terminal.
      identity_files: ["${{CREDENTIALS_DIRECTORY}}/{key}"]
      known_hosts: known_hosts
{jump}    discover: true                    # also replicas that the master lists and that are not named below
{template}    hosts:
      # site: where a host is. Fill it in: alerts say when a site has no healthy replica left.
{hosts}
    # For changing roles (docs/failover.md), from an operator's terminal with a key of its own:
    # failover:
    #   operator: {{user: boksop, identity_files: [~/.ssh/id_boksop]}}
"""

_ENVIRONMENT: Final = """\
# For the commands in a terminal: . {directory}/environment
export BOKS_EXPORTER_CONFIG_FILE={directory}/config.yaml
export CREDENTIALS_DIRECTORY={directory}
"""

_SCRAPE_JOB: Final = """\
# For Prometheus: name this file under scrape_config_files in prometheus.yml, or copy the job to its scrape_configs.
scrape_configs:
  - job_name: boks
    scrape_interval: 30s
    static_configs:
      - targets: [{target}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What the texts name."""

    directory: Path
    state_directory: Path
    domain: str
    user: str
    key: str
    listen: str
    program: str
    target: str
    address_template: str
    jump_host: str | None = None


def config_text(installation: Installation, hosts: Iterable[Host]) -> str:
    """Write the whole configuration."""
    template = installation.address_template
    return _CONFIG.format(
        state=installation.state_directory,
        domain=yaml_text(installation.domain),
        user=installation.user,
        key=installation.key,
        jump=f"      jump_host: {yaml_text(installation.jump_host)}\n" if installation.jump_host else "",
        template="" if template == "{name}" else f"    address_template: {yaml_text(template)}\n",
        hosts="\n".join(map(_host, hosts)),
    )


def _host(host: Host) -> str:
    address = "" if host.address == host.name else f", address: {yaml_text(host.address)}"
    port = "" if host.port == _SSH_PORT else f", port: {host.port}"
    return f'      - {{name: {yaml_text(host.name)}{address}{port}, site: ""}}'


def yaml_text(text: str) -> str:
    """Write a text for YAML, in quotes where it could be read as anything else."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS else json.dumps(text)


def unit_text(installation: Installation) -> str:
    """Write the systemd unit: the shipped one with the program, files and key of this installation."""
    directory, key = installation.directory, installation.key
    command = f"{installation.program} serve --config.file={directory}/config.yaml"
    if installation.listen != DEFAULT_LISTEN:
        command += f" --web.listen-address={installation.listen}"
    settings = {"ExecStart": command, "LoadCredential": f"{key}:{directory}/{key}"}
    text = systemd_unit()
    for name, value in settings.items():
        text = re.sub(rf"^{name}=.*$", lambda _, line=f"{name}={value}": line, text, flags=re.MULTILINE)  # type: ignore[misc]  # mypy infers no lambda with a default
    return text


def environment_text(installation: Installation) -> str:
    """Write the variables for a terminal."""
    return _ENVIRONMENT.format(directory=shlex.quote(str(installation.directory)))


def scrape_job_text(installation: Installation) -> str:
    """Write the scrape job for Prometheus."""
    return _SCRAPE_JOB.format(target=json.dumps(installation.target))
