"""What a server offers during a login, for the message of its failure."""

from collections.abc import Sequence
from typing import Any, Final

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket

from boks_exporter.remote.settings import Algorithms

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
