"""What to type where a poll stopped."""

import shlex
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from boks_exporter.doctor.stages import Stage
from boks_exporter.model import Host
from boks_exporter.remote.settings import GateMode, SshSettings

_SSH_PORT: Final = 22


def remedy(stage: Stage, host: Host, settings: SshSettings) -> str:
    """Return the next command for a host; the text of the error says what was found."""
    where = host.address if host.port == _SSH_PORT else f"{host.address} port {host.port}"
    return {
        Stage.LOCAL_FILES: "boks-exporter config check",
        Stage.JUMP_HOST: f"ssh -v -J {settings.jump_host or 'JUMP_HOST'} {settings.user}@{host.address}",
        Stage.NAME: f"getent hosts {host.address}; set address: of {host.name} in the configuration, or add the name",
        Stage.PORT: f"check that sshd listens at {where} and no firewall is between: ssh -v {_ssh(host, settings)}",
        Stage.SERVER: f"ssh -v {_ssh(host, settings)}; sshd's log on {host.name}: MaxStartups, TCP wrappers",
        Stage.ALGORITHMS: "add the line that the message names to the configuration, for this host alone",
        Stage.HOST_KEY: f"ssh-keyscan -p {host.port} {host.address} | ssh-keygen -lf -; compare as the message says",
        Stage.LOGIN: f"{install_command(host, settings)}; where it is installed, sshd's log on {host.name} "
        "has the reason: a locked account, another from=, owner or mode of authorized_keys, or no access route in BoKS",
    }.get(stage) or install_command(host, settings)


def install_command(host: Host, settings: SshSettings) -> str:
    """Return the command that installs or upgrades the gate on a host."""
    if settings.gate is GateMode.SENT:
        return "boks-exporter gate install --only sudoers-sent prints the rule for a gate that is sent"
    key = settings.identity_files[0] if settings.identity_files else Path("KEY")
    user = "" if settings.user == "boksmon" else f" --user {settings.user}"
    port = "" if host.port == _SSH_PORT else f"-p {host.port} "
    return (
        f"boks-exporter gate installer{user} --from {source_address(host.address) or 'OUR_ADDRESS'} "
        f"--public-key {shlex.quote(f'{key}.pub')} | ssh {port}root@{host.address} sh -s"
    )


def _ssh(host: Host, settings: SshSettings) -> str:
    key = f" -i {shlex.quote(str(settings.identity_files[0]))}" if settings.identity_files else ""
    return f"-p {host.port}{key} {settings.user}@{host.address}"


def source_address(address: str) -> str | None:
    """Return the address from which this machine would connect; no packet is sent."""
    with suppress(OSError, UnicodeError):
        family, kind, number, _, place = socket.getaddrinfo(address, _SSH_PORT, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, number) as probe:
            probe.connect(place)
            return str(probe.getsockname()[0])
    return None
