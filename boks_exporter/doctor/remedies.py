"""The parts of a poll in their order, and what to type where a poll stopped."""

import shlex
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.remote.installation import DEFAULT_USER
from boks_exporter.remote.settings import GateMode, RemotePaths, SshSettings
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.transport.ssh.jump import JumpError
from boks_exporter.transport.ssh.jump_route import JUMP


class Stage(StrEnum):
    """Each needs those before it."""

    LOCAL_FILES = "local files"
    JUMP_HOST = "jump host"
    NAME = "name"
    PORT = "port"
    SERVER = "ssh server"
    ALGORITHMS = "algorithms"
    HOST_KEY = "host key"
    LOGIN = "login"
    FORCED_COMMAND = "forced command"
    SUDO_RULE = "sudo rule"
    GATE = "gate"


_BY_REASON: Final = {
    FailureReason.DNS: Stage.NAME,
    FailureReason.CONNECT: Stage.PORT,
    FailureReason.HOST_KEY: Stage.HOST_KEY,
    FailureReason.AUTH: Stage.LOGIN,
    FailureReason.EXIT_STATUS: Stage.SUDO_RULE,
    FailureReason.LOCAL: Stage.LOCAL_FILES,
    FailureReason.RESOURCES: Stage.LOCAL_FILES,
}


def stage_of(error: TransportError, *, is_connected: bool, has_shell: bool) -> Stage:
    """Return where a poll stopped, by the types of the errors."""
    if isinstance(error, JumpError):
        return Stage.JUMP_HOST
    if has_shell:
        return Stage.FORCED_COMMAND
    if isinstance(error.__cause__, asyncssh.KeyExchangeFailed):
        return Stage.ALGORITHMS
    if error.reason is FailureReason.TIMEOUT and not is_connected:
        return Stage.SERVER
    if error.reason is FailureReason.CONNECT and isinstance(error.__cause__, asyncssh.Error):
        return Stage.SERVER
    return _BY_REASON.get(error.reason, Stage.GATE)


def before(stage: Stage) -> tuple[Stage, ...]:
    """Return the parts that a poll has passed when it stops at one."""
    stages = tuple(Stage)
    return stages[: stages.index(stage)]


def after(stage: Stage) -> tuple[Stage, ...]:
    """Return the parts that it did not reach."""
    stages = tuple(Stage)
    return stages[stages.index(stage) + 1 :]


_SSH_PORT: Final = 22
_PATH_OPTIONS: Final = {"boks_etc": "--boks-etc", "boks_var": "--boks-var", "boksadm": "--boksadm"}


@dataclass(frozen=True, slots=True)
class Remedies:
    """Commands about one host, with the options of its domain; `route` names the jump hosts on the way."""

    host: Host
    settings: SshSettings
    commands: NextCommands
    route: str | None = None

    def at(self, stage: Stage) -> str:
        """Return the next command; the text of the error says what was found."""
        host = self.host
        where = host.address if host.port == _SSH_PORT else f"{host.address} port {host.port}"
        return {
            Stage.LOCAL_FILES: self.commands.config_check(),
            Stage.JUMP_HOST: self._ssh("-v "),
            Stage.NAME: f"getent hosts {host.address}; add the name, or in the configuration address: of {host.name}",
            Stage.PORT: f"check that sshd listens at {where} and no firewall is between: {self._ssh('-v ')}",
            Stage.SERVER: f"{self._ssh('-v ')}; sshd's log on {host.name}: MaxStartups, TCP wrappers",
            Stage.ALGORITHMS: "add the line that the message names to the configuration, for this host alone",
            Stage.HOST_KEY: f"{self._key_scan()} | ssh-keygen -lf -; compare as the message says",
            Stage.LOGIN: f"{self.install_gate()}; where it is installed, sshd's log on {host.name} has the reason: a "
            "locked account, another from=, owner or mode of authorized_keys, or no access route in BoKS",
        }.get(stage) or self.install_gate()

    def install_gate(self) -> str:
        """Return the command that installs or upgrades the gate."""
        login = " ".join(self._login())
        if self.settings.gate is GateMode.SENT:
            words = " ".join(("--only sudoers-sent", login, *self._paths()))
            return f"boks-exporter gate install {words} prints the rule for a gate that is sent"
        return f"boks-exporter gate installer {login} | ssh {self._jumps()}{self._port()}root@{self.host.address} sh -s"

    def _login(self) -> tuple[str, ...]:
        key = self.settings.identity_files[0] if self.settings.identity_files else Path("KEY")
        user = () if self.settings.user == DEFAULT_USER else ("--user", self.settings.user)
        return (*user, "--from", self._source(), "--public-key", shlex.quote(f"{key}.pub"))

    def _paths(self) -> Iterator[str]:
        """Yield what differs from the defaults."""
        ours, usual = self.settings.paths, RemotePaths()
        for name, option in _PATH_OPTIONS.items():
            if getattr(ours, name) != getattr(usual, name):
                yield from (option, getattr(ours, name))

    def _source(self) -> str:
        """Return the address that the host sees, as far as it can be known here."""
        if not self.route:
            return source_address(self.host.address) or "OUR_ADDRESS"
        match = JUMP.fullmatch(self.route.rpartition(",")[2])
        return (match and resolved(match["host"].strip("[]"))) or "ADDRESS_OF_THE_JUMP_HOST"

    def _key_scan(self) -> str:
        scan = f"ssh-keyscan -p {self.host.port} {self.host.address}"
        if not self.route:
            return scan
        before, _, last = self.route.rpartition(",")
        jump = shlex.quote(f"ssh://{last.removeprefix('ssh://')}")
        return f"ssh {f'-J {shlex.quote(before)} ' if before else ''}{jump} {scan}"

    def _ssh(self, options: str) -> str:
        settings = self.settings
        config = f"-F {shlex.quote(str(settings.openssh_config))} " if settings.openssh_config else ""
        key = f"-i {shlex.quote(str(settings.identity_files[0]))} " if settings.identity_files else ""
        return f"ssh {options}{config}{self._jumps()}{self._port()}{key}{settings.user}@{self.host.address}"

    def _jumps(self) -> str:
        return f"-J {shlex.quote(self.route)} " if self.route else ""

    def _port(self) -> str:
        return "" if self.host.port == _SSH_PORT else f"-p {self.host.port} "


def source_address(address: str) -> str | None:
    """Return the address from which this machine would connect; no packet is sent."""
    with suppress(OSError, UnicodeError):
        family, kind, number, _, place = socket.getaddrinfo(address, _SSH_PORT, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, number) as probe:
            probe.connect(place)
            return str(probe.getsockname()[0])
    return None


def resolved(name: str) -> str | None:
    """Return the first address of a name."""
    with suppress(OSError, UnicodeError):
        return str(socket.getaddrinfo(name, _SSH_PORT, type=socket.SOCK_STREAM)[0][4][0])
    return None
