"""Open SSH connections by the settings: verified, without prompts, directly or through jump hosts."""

import asyncio
import os
import random
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncssh
from cryptography.utils import CryptographyDeprecationWarning

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.loggers import structlog
from boks_exporter.model import Host
from boks_exporter.remote.settings import Algorithms, SshSettings
from boks_exporter.transport.ssh.algorithms import cannot_sign, lists_for, options_of, prefer, weak_in
from boks_exporter.transport.ssh.client import Client, host_key_refused
from boks_exporter.transport.ssh.config_files import Stamp
from boks_exporter.transport.ssh.credentials import Credentials
from boks_exporter.transport.ssh.error_mapping import (
    local,
    lost_meanwhile,
    message_of,
    no_common_algorithm,
    resources,
    skipped_keys,
    while_connecting,
)
from boks_exporter.transport.ssh.jump_route import JumpLoopError, loop_message, route_from_here
from boks_exporter.transport.ssh.known_hosts import KnownHosts
from boks_exporter.transport.ssh.openssh_config import (
    Evaluated,
    OpensshConfig,
    Target,
    jump_target,
    target_of,
    verifiable,
)
from boks_exporter.transport.ssh.received import CountedTunnel, limited_login, received_on
from boks_exporter.transport.ssh.resolver import Address, Resolver, is_address
from boks_exporter.transport.ssh.tcp import first_connected

_log = structlog.get_logger(__name__)

_JITTER_SECONDS: Final = 0.05

Connection: TypeAlias = asyncssh.SSHClientConnection


@dataclass(frozen=True, slots=True)
class Tunnel:
    """An open connection to a jump host, and its name in the settings."""

    name: str
    connection: Connection


class Connector:
    """Open connections for one domain; the connection to a jump host is an argument."""

    def __init__(self, settings: SshSettings, limiter: asyncio.Semaphore, jitter: random.Random) -> None:
        self._settings = settings
        self._limiter = limiter
        self._jitter = jitter
        self._credentials = Credentials(settings)
        self._config = OpensshConfig(settings)
        self.resolver = Resolver()
        self._warned: set[tuple[str, tuple[str, ...]]] = set()

    def stamp(self) -> Stamp:
        """Return the state of the local files on which a login rests."""
        return self._credentials.stamp()

    def stamp_since(self, before: Stamp) -> Stamp:
        """Return an earlier state, or the present one where only now all files are known."""
        now = self.stamp()
        return before if len(before) == len(now) else now

    async def route(self, host: Host) -> str | None:
        """Return the jump hosts on the way, as in `ProxyJump`; None without any."""
        route = self._settings.jump_host or (await self._config.of(self._target(host))).jump
        return await self._from_here(route) if route and self._settings.openssh_config else route

    async def _from_here(self, route: str) -> str:
        """Put the jump hosts of the first jump host in front of it."""
        steps = route_from_here(route)
        try:
            first = next(steps)
            while True:
                first = steps.send((await self._config.of(self._jump_target(first))).jump)
        except StopIteration as done:
            return str(done.value)
        except JumpLoopError as error:
            detail = loop_message(self._settings.openssh_config, str(error))
            raise TransportError(FailureReason.LOCAL, detail) from error

    async def addresses(self, host: Host) -> tuple[Address, ...]:
        """Resolve a host's name again; empty where it has none, or another machine resolves it."""
        found = await self._config.of(self._target(host))
        is_fixed = is_address(found.host) and not self._settings.openssh_config
        if found.is_proxied or found.jump or self._settings.jump_host or is_fixed:
            return ()
        return await self.resolver.addresses(found.host, found.port, found.family)

    async def connect_only(self, host: Host) -> None:
        """Connect to the port as a login does, and close the connection; raises TransportError."""
        found = await self._config.of(self._target(host))
        addresses = await self.resolver.addresses(found.host, found.port, found.family)
        (await first_connected(addresses, host.name, found.source)).close()

    async def connect(self, host: Host, tunnel: Tunnel | None = None) -> Connection:
        """Connect to a host and log in; raises TransportError with the reason."""
        return await self._open(self._target(host), tunnel)

    async def connect_jump_host(self, jump: str, tunnel: Tunnel | None = None) -> Connection:
        """Connect to one jump host, `[user@]host[:port]`."""
        return await self._open(self._jump_target(jump), tunnel)

    def _jump_target(self, jump: str) -> Target:
        return jump_target(jump, self._settings)

    def _target(self, host: Host) -> Target:
        return target_of(host.name, host.address, host.port, self._settings)

    async def _open(self, target: Target, tunnel: Tunnel | None) -> Connection:
        """Prepare everything local first: a slow name or a wrong file takes no turn of another host's login."""
        found = await self._config.of(target)
        options = await self._login_options(target, found)
        known = await self._known_hosts(target, found)
        lists = self._lists(target, found)
        _require_usable_key(options, lists)
        addresses: tuple[Address, ...] = ()
        if not tunnel and not found.is_proxied:
            addresses = await self.resolver.addresses(found.host, found.port, found.family)
        _ignore_deprecation_warnings()
        async with self._limiter:
            if self._limiter.locked():
                await asyncio.sleep(self._jitter.uniform(0, _JITTER_SECONDS))
            sock = await first_connected(addresses, target.name, found.source) if addresses else None
            options |= options_of(lists)
            if known:
                first = known.algorithms_of(found.key_name, found.key_port)
                options["server_host_key_algs"] = list(prefer(lists.host_keys, first))
            client = Client(lists, () if options["agent_path"] else options.get("client_keys", ()))
            through = CountedTunnel(tunnel.connection) if tunnel else None
            received = through.received if through else partial(received_on, sock) if sock else _uncounted
            try:
                with lost_meanwhile(tunnel.connection if tunnel else None):
                    async with limited_login(received):
                        connection = await asyncssh.connect(
                            target.address,
                            target.port,
                            sock=sock,
                            tunnel=through,
                            client_factory=lambda: client,
                            known_hosts=(lambda *_: known.match(found.key_name, found.key_port)) if known else None,
                            **options,
                        )
            except BaseException as error:
                # Before the socket gives its descriptor back: libraries hide that no other one was left.
                exhausted = resources(error)
                if sock is not None:
                    sock.close()
                if not isinstance(error, Exception):
                    raise
                failed = error
            else:
                connection.set_extra_info(raw_socket=sock, received=received, allowed_kex=lists.kex)
                return connection
        raise (exhausted or await _failure(failed, target, found, tunnel, client, known)) from failed

    async def _login_options(self, target: Target, found: Evaluated) -> dict[str, Any]:
        """Set every option of asyncssh whose default reads a file that the settings do not name."""
        settings = self._settings
        options: dict[str, Any] = {
            "username": target.user,
            "config": [str(settings.openssh_config)] if settings.openssh_config else None,
            # Whatever an OpenSSH configuration says for people: a login has a key, and a request no terminal.
            "preferred_auth": "publickey",
            "public_key_auth": True,
            "request_pty": False,
            "agent_forwarding": False,
            "canonicalize_hostname": False,
            "keepalive_interval": settings.keepalive_interval_seconds,
            "keepalive_count_max": settings.keepalive_count,
            "x509_trusted_certs": None,
            "pkcs11_provider": None,
            "agent_path": await _answering_agent(found.agent) if settings.agent else None,
        }
        if options["agent_path"]:
            self._credentials.rests_on(Path(options["agent_path"]))
        identity = await self._credentials.identity(found.identity_files, found.certificate_files)
        if identity.keys:
            options["client_keys"] = list(identity.keys)
        if identity.certificates:
            options["client_certs"] = list(identity.certificates)
        return options

    async def _known_hosts(self, target: Target, found: Evaluated) -> KnownHosts | None:
        """Load known hosts; only the setting named `insecure` switches verification off."""
        if self._settings.insecure_ignore_host_keys:
            return None
        return await self._credentials.known_hosts(verifiable(self._settings, target, found))

    def _lists(self, target: Target, found: Evaluated) -> Algorithms:
        try:
            lists = lists_for(self._settings, target.name, found.algorithms)
        except ValueError as error:
            raise local(error, self._settings.openssh_config) from error
        if (weak := weak_in(lists)) and (target.name, weak) not in self._warned:
            self._warned.add((target.name, weak))
            _log.warning("weak_algorithms_allowed", host=target.name, algorithms=",".join(weak))
        return lists


def _require_usable_key(options: dict[str, Any], lists: Algorithms) -> None:
    """Raise TransportError where no key can sign as the lists allow: the host would see a login without a key."""
    keys: list[asyncssh.SSHKey] = options.get("client_keys", [])
    problems = [problem for key in keys if (problem := cannot_sign(key, lists.signatures))]
    if problems and len(problems) == len(keys) and not options["agent_path"]:
        raise TransportError(FailureReason.LOCAL, f"{os.fsdecode(keys[0].get_filename() or b'key')}: {problems[0]}")


def _uncounted() -> None:
    """Stand for the bytes received from the program of a ProxyCommand."""


def _ignore_deprecation_warnings() -> None:
    """Keep the cryptography library's warnings about old algorithms off standard error.

    They repeat for each login what `weak_algorithms_allowed` logs once a host, and a monitoring plugin's output has no
    place for them. The program may have set other filters since the last login.
    """
    warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=r"asyncssh\.")


async def _failure(
    error: Exception, target: Target, found: Evaluated, tunnel: Tunnel | None, client: Client, known: KnownHosts | None
) -> TransportError:
    if isinstance(error, TransportError):
        return error
    if isinstance(error, asyncssh.ChannelOpenError) and tunnel:
        return not_forwarded(error, found.host, found.port, tunnel.name)
    if isinstance(error, asyncssh.HostKeyNotVerifiable) and known and (client.offered or known.has_revoked):
        return await host_key_refused(client, found, known, error)
    if isinstance(error, asyncssh.PermissionDenied) and (signatures := client.unmatched_signatures()):
        return skipped_keys(error, signatures, target.name)
    if names := client.unmatched_host_keys():
        return TransportError(FailureReason.CONNECT, no_common_algorithm("server host key", names, target.name))
    if isinstance(error, OSError) and error.filename:
        return local(error, error.filename)  # the program of a ProxyCommand; a network has no files
    return while_connecting(error, target.name)


def not_forwarded(error: asyncssh.ChannelOpenError, host: str, port: int, jump_host: str) -> TransportError:
    """Name the jump host, and tell a forbidden forwarding from a host that it cannot reach."""
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        what = (
            f"forwarding to {host}:{port} is forbidden; the key needs port-forwarding after restrict, "
            "and sshd_config AllowTcpForwarding and PermitOpen must allow it"
        )
    else:
        what = f"it cannot connect to {host}:{port} ({message_of(error)})"
    return TransportError(FailureReason.CONNECT, f"jump host {jump_host}: {what}")


async def _answering_agent(configured: str | None) -> str:
    """Find out before the login whether the agent answers: without it the host would see a login without a key."""
    name, path = "SSH_AUTH_SOCK", os.environ.get("SSH_AUTH_SOCK", "")
    if configured is not None:
        name, path = "IdentityAgent", configured
    try:
        agent = await asyncssh.connect_agent(path)
    except (OSError, ValueError, asyncssh.Error) as error:
        raise resources(error) or local(error, f"SSH agent ({name}={path or 'not set'})") from error
    with suppress(OSError):
        agent.close()
        await agent.wait_closed()
    return path
