"""`boks-exporter init`: from a master's name to a complete installation."""

import shutil
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.options import LISTEN_ADDRESS, WORDS, Checked
from boks_exporter.cli.streams import echo
from boks_exporter.remote.installation import DEFAULT_USER, checked_source, checked_user
from boks_exporter.remote.settings import Prefix
from boks_exporter.setup.host_spec import (
    directory_of,
    fingerprint_of,
    host_of,
    install_line,
    jump_hosts_of,
    template_of,
    where,
)
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    import asyncssh

    from boks_exporter.doctor.check import Check
    from boks_exporter.model import Host
    from boks_exporter.setup.setup import Setup

_HOST: Final = Checked("host", host_of)
_JUMP_HOSTS: Final = Checked("jump hosts", jump_hosts_of)
_ADDRESSES: Final = Checked("addresses", checked_source)
_DIRECTORY: Final = Checked("directory", directory_of)
"""A directory of which a configuration, a systemd unit and a shell can be written without quotes."""


class _AtTheTerminal:
    """Asks a person."""

    def __init__(self, installer: Path, jump_host: str | None) -> None:
        self._installer = installer
        self._jump_host = jump_host

    def trusts(self, host: "Host", key: "asyncssh.SSHKey") -> bool:
        from boks_exporter.transport.ssh.known_hosts import fingerprint

        kind = key.get_algorithm().removeprefix("ssh-").split("-")[0]
        echo(f"\n{where(host)} offers the host key\n  {fingerprint(key)}")
        echo(f"Compare it on the console of {host.name}: ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub")
        return click.confirm("Is it the same?", default=False)

    def tries_again(self, host: "Host", found: "Iterable[Check]") -> bool:
        for check in found:
            echo(f"{host.name} does not answer yet: {check.name}: {harmless(check.found)}")
        echo(f"\nInstall the gate on {host.name}, as root there, such as:")
        echo(f"  {harmless(install_line(host, self._installer, self._jump_host))}")
        return click.confirm("Is it installed now? (No: go on without the master's list)", default=True)

    def confirms_forwarding(self, detail: str, line: str) -> bool:
        echo(f"\n{harmless(detail)}")
        echo("Its authorized_keys needs this line, for a login that can do nothing but pass through:")
        echo(f"  {line}")
        return click.confirm("Is it there now? (No: stop)", default=True)

    def report(self, text: str) -> None:
        echo(harmless(text))


class _Unattended:
    """Answers by the options; a key from the network counts only with its fingerprint."""

    def __init__(self, fingerprints: tuple[str, ...]) -> None:
        self._fingerprints = fingerprints

    def trusts(self, host: "Host", key: "asyncssh.SSHKey") -> bool:
        from boks_exporter.setup.new_files import SetupError

        if key.get_fingerprint() in self._fingerprints:
            return True
        message = (
            f"{where(host)} offers {key.get_algorithm()} {key.get_fingerprint()}, which no --fingerprint names: "
            "compare it with the host's own and name it, or name a file with --known-hosts"
        )
        raise SetupError(message)

    def tries_again(self, host: "Host", found: "Iterable[Check]") -> bool:
        for check in found:
            echo(f"{host.name} does not answer yet: {check.name}: {harmless(check.found)}")
        return False

    def confirms_forwarding(self, detail: str, line: str) -> bool:
        echo(f"{harmless(detail)}; the line for its authorized_keys, then run init again:\n  {line}")
        return False

    def report(self, text: str) -> None:
        echo(harmless(text))


@click.command(
    epilog="""\b
Examples:
  boks-exporter init
  boks-exporter init --master master1=192.0.2.1 --domain prod
  boks-exporter init --unattended --master master1 --host replica1 --known-hosts ./boks_known_hosts
  boks-exporter init --unattended --master master1 --fingerprint SHA256:AAAA --directory ./boks
  boks-exporter init --master master1 --jump-host ops@gate1,gate2 --from 192.0.2.20

Exit codes: 0 everything holds, 1 something failed, or doctor found something to do, 2 wrong usage."""
)
@click.option("--master", type=_HOST, metavar="HOST", help="The master: NAME, NAME=ADDRESS or NAME=ADDRESS:PORT.")
@click.option(
    "--host",
    "hosts",
    type=_HOST,
    multiple=True,
    metavar="HOST",
    help="Another host. May be repeated. The master's list adds the replicas.",
)
@click.option(
    "--jump-host",
    type=_JUMP_HOSTS,
    metavar="[USER@]HOST[:PORT]",
    help="Connect to the hosts through this one; several, separated by commas, in this order.",
)
@click.option("--domain", type=WORDS, metavar="NAME", help="The name of the domain in labels, such as prod.")
@click.option(
    "--directory",
    type=_DIRECTORY,
    default="/etc/boks-exporter",
    show_default=True,
    metavar="DIRECTORY",
    help="Where configuration, key and known_hosts are written.",
)
@click.option(
    "--state-directory",
    type=_DIRECTORY,
    default="/var/lib/boks-exporter",
    show_default=True,
    metavar="DIRECTORY",
    help="Where state and journal will be.",
)
@click.option(
    "--user",
    type=Checked("name", checked_user),
    default=DEFAULT_USER,
    show_default=True,
    metavar="NAME",
    help="The login on the hosts.",
)
@click.option(
    "--from",
    "from_addresses",
    type=_ADDRESSES,
    metavar="ADDRESSES",
    help="Where connections come from, as the hosts see it. Default: this machine's addresses towards the hosts.",
)
@click.option(
    "--prefix",
    type=click.Choice([prefix.value for prefix in Prefix]),
    default=Prefix.SUDO.value,
    show_default=True,
    help="How the gate becomes root: none, sudo, or BoKS's suexec.",
)
@click.option(
    "--address-template",
    type=Checked("template", template_of),
    default="{name}",
    show_default=True,
    metavar="TEXT",
    help="Address of a replica that the master lists, such as {name}.example.net.",
)
@click.option(
    "--web.listen-address",
    "listen",
    type=LISTEN_ADDRESS,
    default=":16500",
    show_default=True,
    metavar="ADDRESS",
    help="Where the daemon will listen.",
)
@click.option("--unattended", is_flag=True, help="Ask nothing; host keys need --known-hosts or a --fingerprint.")
@click.option(
    "--known-hosts",
    "keys_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read the host keys from this file.",
)
@click.option(
    "--fingerprint",
    "fingerprints",
    type=Checked("fingerprint", fingerprint_of),
    multiple=True,
    metavar="SHA256:...",
    help="Accept the host key with this fingerprint. May be repeated.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing configuration. Keys are never replaced.")
def init(*, unattended: bool, fingerprints: tuple[str, ...], **given: Any) -> int:
    """Set up a domain: key, host keys, configuration, the gate's installer, systemd unit and scrape job.

    It asks for the master and the jump hosts on the way, makes a key, shows the fingerprints of the host keys for
    confirmation, learns the replicas from the master's list once the gate is installed there, writes everything into
    one directory, and ends with doctor. Files that are there are not replaced, keys never.
    """
    from boks_exporter.app.logs import configure
    from boks_exporter.app.options import LogFormat

    configure("critical", LogFormat.LOGFMT)
    if not unattended and not sys.stdin.isatty():
        raise click.UsageError("expected a terminal to ask at; without one use --unattended with --master and --domain")
    master = given["master"] or _asked("--master", unattended, "The master (NAME or NAME=ADDRESS)", _HOST)
    domain = given["domain"] or _asked("--domain", unattended, "A name for the domain", WORDS, "prod")
    jump_host, sources = _way(unattended, given["jump_host"], given["from_addresses"])
    directory = given["directory"].absolute()
    person = _Unattended(fingerprints) if unattended else _AtTheTerminal(directory / "install-gate.sh", jump_host)
    answers = {"master": master, "domain": domain, "jump_host": jump_host, "from_addresses": sources}
    setup = _setup(given | answers | {"directory": directory}, person)
    import asyncio

    asyncio.run(setup.run())
    _show_next(setup)
    return _doctor(setup)


def _asked(option: str, unattended: bool, text: str, kind: Any, default: str | None = None) -> Any:  # noqa: FBT001 - of one caller
    if unattended:
        raise click.UsageError(f"{option}: expected with --unattended")
    return click.prompt(text, type=kind, default=default)


def _way(unattended: bool, jump_host: str | None, sources: str | None) -> tuple[str | None, str | None]:  # noqa: FBT001 - of one caller
    """Return the jump hosts, and where the hosts see connections come from; both are asked for at a terminal."""
    if jump_host is None and not unattended:
        question = "Jump hosts on the way, such as ops@gate1,gate2 (none: press Enter)"
        jump_host = click.prompt(question, type=_JUMP_HOSTS, default="", show_default=False)
    if jump_host and not sources:
        question = "The address from which the last jump host connects to the hosts"
        sources = _asked("--from (with --jump-host)", unattended, question, _ADDRESSES)
    return jump_host or None, sources


def _setup(given: dict[str, Any], person: Any) -> "Setup":
    from boks_exporter.setup.setup import Setup
    from boks_exporter.setup.texts import Installation

    port = given["listen"].rpartition(":")[2]
    installation = Installation(
        directory=given["directory"],
        state_directory=given["state_directory"].absolute(),
        domain=given["domain"],
        user=given["user"],
        key=f"id_{given['user']}",
        listen=given["listen"],
        program=str(Path(shutil.which("boks-exporter") or sys.argv[0]).absolute()),
        target=f"{socket.gethostname()}:{port}",
        address_template=given["address_template"],
        jump_host=given["jump_host"],
    )
    return Setup(
        installation=installation,
        hosts=[given["master"], *given["hosts"]],
        person=person,
        from_addresses=given["from_addresses"],
        prefix=Prefix(given["prefix"]),
        keys_file=given["keys_file"],
        overwrite=given["overwrite"],
    )


def _show_next(setup: "Setup") -> None:
    directory = setup.installation.directory
    echo("\nNext")
    echo("  Install the gate on every host where doctor below finds none, as root there; one file for all:")
    for host in setup.hosts:
        echo(f"    {harmless(install_line(host, setup.installer, setup.installation.jump_host))}")
    echo(f"  In every terminal:  . {directory}/environment")
    echo("  When doctor finds nothing more:  boks-exporter serve")
    echo(f"  As a service:  install -m 0644 {directory}/boks-exporter.service /etc/systemd/system/")
    echo(f"  In Prometheus:  copy the job of {directory}/prometheus-job.yml into scrape_configs\n")


def _doctor(setup: "Setup") -> int:
    import os

    from boks_exporter.cli.doctor import run_doctor
    from boks_exporter.doctor.doctor import DoctorOptions

    directory = setup.installation.directory
    os.environ["CREDENTIALS_DIRECTORY"] = str(directory)
    options = DoctorOptions(config_file=directory / "config.yaml", listen_addresses=(setup.installation.listen,))
    passed = run_doctor(options)
    return cli_exits.DONE if passed else cli_exits.FAILED
