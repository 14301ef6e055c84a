"""Open SSH connections as the settings say: verified, without prompts, directly or through a jump host."""

import asyncio
import re
from typing import Any, Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.failures import while_connecting

_JUMP: Final = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>\d+))?")


class Dialer:
    """Open connections for one domain; the connection to a jump host is shared and opened anew when it is gone."""

    def __init__(self, settings: SshSettings) -> None:
        """Take the settings; nothing is opened yet."""
        self._settings = settings
        self._options = connection_options(settings)
        self._jump: asyncssh.SSHClientConnection | None = None
        self._jump_lock = asyncio.Lock()

    async def dial(self, host: Host) -> asyncssh.SSHClientConnection:
        """Connect and log in; raises TransportError with the reason."""
        extra: dict[str, Any] = {}
        if self._settings.jump_host:
            extra["tunnel"] = await self._through(self._settings.jump_host)
        try:
            return await asyncssh.connect(host.address, host.port, **extra, **self._options)
        except (OSError, asyncssh.Error) as error:
            raise while_connecting(error) from error

    async def _through(self, jump_host: str) -> asyncssh.SSHClientConnection:
        match = _JUMP.fullmatch(jump_host)
        if match is None:
            raise TransportError(FailureReason.CONNECT, f"jump host {jump_host!r} is not [user@]host[:port]")
        async with self._jump_lock:
            if self._jump is None or self._jump.is_closed():
                options = self._options | ({"username": match["user"]} if match["user"] else {})
                address, port = match["host"].strip("[]"), int(match["port"] or 22)
                try:
                    self._jump = await asyncssh.connect(address, port, **options)
                except (OSError, asyncssh.Error) as error:
                    failure = while_connecting(error)
                    raise TransportError(failure.reason, f"jump host {jump_host}: {failure.detail}") from error
            return self._jump

    async def aclose(self) -> None:
        """Close the connection to the jump host."""
        if self._jump:
            self._jump.abort()
            self._jump = None


def connection_options(settings: SshSettings) -> dict[str, Any]:
    """Say everything to asyncssh that it would otherwise take from the user's own SSH configuration."""
    options: dict[str, Any] = {
        "username": settings.user,
        "config": [str(settings.openssh_config)] if settings.openssh_config else None,
        "preferred_auth": "publickey",
        "keepalive_interval": settings.keepalive_interval_seconds,
        "keepalive_count_max": settings.keepalive_count,
        "x509_trusted_certs": None,
    }
    if settings.insecure_ignore_host_keys:
        options["known_hosts"] = None
    elif settings.known_hosts:
        options["known_hosts"] = str(settings.known_hosts)
    if settings.identity_files:
        options["client_keys"] = [str(path) for path in settings.identity_files]
    if settings.certificate_files:
        options["client_certs"] = [str(path) for path in settings.certificate_files]
    if settings.passphrase_file:
        options["passphrase"] = settings.passphrase_file.read_text(encoding="utf-8").rstrip("\n")
    if not settings.agent:
        options["agent_path"] = None
    return options
