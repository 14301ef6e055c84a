"""Messages for a host key that is new, changed or revoked."""

import asyncio
import shlex

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.ssh.client import Client
from boks_exporter.transport.ssh.error_mapping import message_of
from boks_exporter.transport.ssh.known_hosts import KnownHosts, KnownKey, fingerprint
from boks_exporter.transport.ssh.openssh_config import Evaluated


async def host_key_refused(
    client: Client, found: Evaluated, known: KnownHosts, error: asyncssh.HostKeyNotVerifiable
) -> TransportError:
    """Describe the offered and the known keys, and how to compare them."""
    revoked = await asyncio.to_thread(lambda: list(known.revoked_of(found.key_name, found.key_port)))
    if client.offered is None:
        return TransportError(FailureReason.HOST_KEY, _revoked(found, revoked) if revoked else message_of(error))
    if same := [each for each in revoked if each.key == client.offered]:
        return TransportError(FailureReason.HOST_KEY, _revoked(found, same))
    keys = await asyncio.to_thread(lambda: list(known.keys_of(found.key_name, found.key_port)))
    return TransportError(FailureReason.HOST_KEY, _message(client.offered, found, known, keys))


def _revoked(found: Evaluated, revoked: list[KnownKey]) -> str:
    """Name the revoked keys: the SSH library may refuse the offered one before it shows it."""
    return (
        f"revoked host key: {_pattern(found)} offers a key that is marked @revoked: {', '.join(map(str, revoked))}; "
        "somebody may hold a stolen copy of it, so the line stays: make a new key on the host (ssh-keygen -A after "
        "moving the old one away, then restart its sshd), compare it on its console, and add the new key"
    )


def _pattern(found: Evaluated) -> str:
    return f"[{found.key_name}]:{found.key_port}" if found.key_port and not found.alias else found.key_name


def _message(offered: asyncssh.SSHKey, found: Evaluated, known: KnownHosts, keys: list[KnownKey]) -> str:
    kind = offered.get_algorithm().removeprefix("ssh-").split("-")[0]
    compare = f"compare with the host's own: ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub on its console"
    pattern = _pattern(found)
    if keys:
        file = shlex.quote(str(keys[0].file))
        return (
            f"changed host key: {pattern} offers {fingerprint(offered)}, known is "
            f"{', '.join(map(str, keys))}; the host was reinstalled, or another machine answers: {compare}, and only "
            f"if it is the same: ssh-keygen -R {shlex.quote(pattern)} -f {file}, then add the new key"
        )
    files = ", ".join(map(str, known.files))
    line = f"{pattern} {offered.export_public_key('openssh').decode().strip()}"
    return (
        f"new host key: {files} has no key for {pattern}, which offers {fingerprint(offered)}; {compare}, and only if "
        f"it is the same add the line: {line}"
    )
