"""Open SSH connections by the settings: verified, without prompts, directly or through jump hosts."""

import asyncio
import re
from functools import partial
from typing import Any, Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.credentials import Credentials
from boks_exporter.transport.ssh.error_mapping import while_connecting

_SSH_PORT: Final = 22
_STEP: Final = re.compile(r"(?:(?P<user>[^@,]+)@)?(?P<host>\[[^\]]+\]|[^:\[\],]+)(?::(?P<port>\d+))?")


class Connector:
    """Open connections for one domain; the connection to a jump host is an argument."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings
        self._credentials = Credentials(settings)

    async def route(self, host: Host) -> str | None:
        """Return the jump hosts on the way, as in `ProxyJump`; None without any."""
        if self._settings.jump_host or not self._settings.openssh_config:
            return self._settings.jump_host
        tunnel = (await self._as_configured(host.address, _port(host, self._settings))).tunnel
        return tunnel if isinstance(tunnel, str) and tunnel != "none" else None

    async def connect(
        self, host: Host, tunnel: asyncssh.SSHClientConnection | None = None
    ) -> asyncssh.SSHClientConnection:
        """Connect to a host and log in; raises TransportError with the reason."""
        return await self._open(host.address, _port(host, self._settings), tunnel, {})

    async def connect_jump_host(
        self, step: str, tunnel: asyncssh.SSHClientConnection | None = None
    ) -> asyncssh.SSHClientConnection:
        """Connect to one jump host, `[user@]host[:port]`."""
        match = _STEP.fullmatch(step)
        if match is None:
            raise TransportError(FailureReason.CONNECT, "expected [user@]host[:port]")
        port = int(match["port"]) if match["port"] else _default_port(self._settings)
        user = {"username": match["user"]} if match["user"] else {}
        return await self._open(match["host"].strip("[]"), port, tunnel, user)

    async def _open(
        self, address: str, port: Any, tunnel: asyncssh.SSHClientConnection | None, changes: dict[str, Any]
    ) -> asyncssh.SSHClientConnection:
        try:
            options = {**connection_options(self._settings), **await self._secrets(address, port), **changes}
            return await asyncssh.connect(address, port, tunnel=tunnel, **options)
        except (OSError, asyncssh.Error, ValueError) as error:
            raise while_connecting(error) from error

    async def _secrets(self, address: str, port: Any) -> dict[str, Any]:
        """Load keys and known hosts; only the setting named `insecure` switches verification off."""
        secrets: dict[str, Any] = {"known_hosts": None}
        if not self._settings.insecure_ignore_host_keys:
            secrets["known_hosts"] = await self._credentials.known_hosts(await self._named_known_hosts(address, port))
        identity = await self._credentials.identity()
        if identity.keys:
            secrets["client_keys"] = list(identity.keys)
        if identity.certificates:
            secrets["client_certs"] = list(identity.certificates)
        return secrets

    async def _named_known_hosts(self, address: str, port: Any) -> tuple[str, ...]:
        if self._settings.known_hosts or not self._settings.openssh_config:
            return ()
        named = (await self._as_configured(address, port)).known_hosts
        if not isinstance(named, list):
            detail = f"{self._settings.openssh_config} names no known hosts; only insecure_ignore_host_keys allows that"
            raise TransportError(FailureReason.HOST_KEY, detail)
        return tuple(str(name) for name in named)

    async def _as_configured(self, address: str, port: Any) -> asyncssh.SSHClientConnectionOptions:
        """Evaluate the OpenSSH configuration for an address, without its keys."""
        config = [str(self._settings.openssh_config)]
        make = partial(asyncssh.SSHClientConnectionOptions, config=config, client_keys=None)
        try:
            return await asyncio.to_thread(make, host=address, port=port, username=self._settings.user)
        except (OSError, ValueError) as error:
            raise while_connecting(error) from error


def _port(host: Host, settings: SshSettings) -> Any:
    return host.port if host.port != _SSH_PORT else _default_port(settings)


def _default_port(settings: SshSettings) -> Any:
    """Leave port 22 to the OpenSSH configuration, if there is one: for asyncssh () means "not given"."""
    return () if settings.openssh_config else _SSH_PORT


def connection_options(settings: SshSettings) -> dict[str, Any]:
    """Set every option of asyncssh whose default is the user's own SSH configuration."""
    options: dict[str, Any] = {
        "username": settings.user,
        "config": [str(settings.openssh_config)] if settings.openssh_config else None,
        "preferred_auth": "publickey",
        "keepalive_interval": settings.keepalive_interval_seconds,
        "keepalive_count_max": settings.keepalive_count,
        "x509_trusted_certs": None,
    }
    if not settings.agent:
        options["agent_path"] = None
    return options
