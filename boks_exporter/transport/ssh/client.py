"""What a server offers during a login, and the messages for host keys that are new, changed or revoked."""

import asyncio
import shlex
from collections.abc import Sequence
from typing import Any, Final

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.remote.settings import Algorithms
from boks_exporter.transport.ssh.error_mapping import message_of
from boks_exporter.transport.ssh.known_hosts import KnownHosts, KnownKey, fingerprint
from boks_exporter.transport.ssh.openssh_config import Evaluated

_TYPE_AND_COOKIE: Final = 17


class Client(asyncssh.SSHClient):
    """Remember what a server offers: a key that is not known, and its lists of algorithms."""

    def __init__(self, lists: Algorithms, keys: Sequence[asyncssh.SSHKey]) -> None:
        """Store the algorithms that are allowed, and the keys to log in with; none where an agent has them."""
        self.offered: asyncssh.SSHKey | None = None
        self._lists = lists
        self._keys = keys
        self._connection: Any = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Keep the connection for the server's lists."""
        self._connection = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - asyncssh's signature
        """Record the key; it stays refused."""
        self.offered = key
        return False

    def unmatched_host_keys(self) -> str:
        """Return the algorithms of the server's host keys if none of them is allowed, separated by commas.

        The SSH library does not compare them: it reports the connection that the server then closes as lost.
        """
        packet = SSHPacket(getattr(self._connection, "_server_kexinit", b""))
        try:
            packet.get_bytes(_TYPE_AND_COOKIE)
            packet.get_namelist()  # the key exchanges
            offered = [name.decode("ascii", "replace") for name in packet.get_namelist()]
        except PacketDecodeError:  # the server has sent no lists
            return ""
        return "" if set(offered) & set(self._lists.host_keys) else ",".join(offered)

    def unmatched_signatures(self) -> list[str]:
        """Return the signatures of our keys that the server would accept, if we may use none of them.

        The SSH library then skips the keys without a word. A server that names none knows only the oldest one.
        """
        accepted = {name.decode("ascii", "replace") for name in getattr(self._connection, "_server_sig_algs", ())}
        matching: list[str] = []
        for key in self._keys:
            names = [name.decode() for name in key.sig_algorithms]
            usable = [name for name in names if name in accepted]
            if set(self._lists.signatures) & {*usable, names[-1]}:
                return []
            matching += usable or names[-1:]
        return matching


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
