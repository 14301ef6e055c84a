"""Keys of hosts for known_hosts: from a file, or from the host itself where the operator has its fingerprint."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import asyncssh

from boks_exporter.model import Host
from boks_exporter.transport.ssh.algorithms import SAFE
from boks_exporter.transport.ssh.connect import Tunnel, not_forwarded
from boks_exporter.transport.ssh.error_mapping import while_connecting
from boks_exporter.transport.ssh.jump import JumpError
from boks_exporter.transport.ssh.known_hosts import read_known_hosts

_TIMEOUT_SECONDS: Final = 20
_SSH_PORT: Final = 22


async def offered_key(host: Host, tunnel: Tunnel | None = None) -> asyncssh.SSHKey:
    """Connect to a host and return the key that it offers, unverified; raises TransportError."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            key = await asyncssh.get_server_host_key(
                host.address,
                host.port,
                tunnel=tunnel.connection if tunnel else (),
                config=None,
                server_host_key_algs=[name for name in SAFE.host_keys if "cert" not in name],
                kex_algs=list(SAFE.kex),
            )
    except asyncssh.ChannelOpenError as error:
        failed = not_forwarded(error, host.address, host.port, tunnel.name if tunnel else host.name)
        is_closed = error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED
        raise (JumpError(failed.reason, failed.detail) if is_closed else failed) from error
    except (OSError, asyncssh.Error, ValueError) as error:
        raise while_connecting(error, host.name) from error
    if key is None:
        raise while_connecting(TimeoutError("the server offers no key"), host.name)
    return key


def keys_in(files: Iterable[Path], host: Host) -> tuple[asyncssh.SSHKey, ...]:
    """Return the keys that files have for a host, by its address or its name; raises OSError."""
    present = [file for file in files if file.is_file()]
    if not present:
        return ()
    known = read_known_hosts(present)
    port = host.port if host.port != _SSH_PORT else None
    found = [key for name in (host.address, host.name) for key in known.keys_of(name, port)]
    return tuple({each.key.public_data: each.key for each in found}.values())


def known_hosts_line(host: Host, key: asyncssh.SSHKey) -> str:
    """Write one line of known_hosts, by the address with which the exporter connects."""
    pattern = host.address if host.port == _SSH_PORT else f"[{host.address}]:{host.port}"
    words = key.export_public_key("openssh").decode().split()[:2]
    return f"{pattern} {' '.join(words)}\n"
