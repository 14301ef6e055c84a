"""Parts of a login, one by one, for the command that finds out why a host does not answer."""

from collections.abc import Mapping

from boks_exporter.model import Host, HostName
from boks_exporter.transport.ssh.algorithms import SAFE
from boks_exporter.transport.ssh.connect import Connector
from boks_exporter.transport.ssh.conversation import Conversation
from boks_exporter.transport.ssh.peer import Peer


class Inspection:
    """The connector, conversation and connections of a transport, asked for details of one host."""

    def __init__(self, connector: Connector, conversation: Conversation, peers: Mapping[HostName, Peer]) -> None:
        self._connector = connector
        self._conversation = conversation
        self._peers = peers

    async def route(self, host: Host) -> str | None:
        """Return the jump hosts on the way; raises TransportError."""
        return await self._connector.route(host)

    async def addresses(self, host: Host) -> tuple[str, ...]:
        """Resolve a host's name; empty where it is an address, or another machine resolves it."""
        return tuple(str(address[0]) for _, address in await self._connector.addresses(host))

    async def connect_only(self, host: Host) -> None:
        """Connect to the port and close the connection; raises TransportError."""
        await self._connector.connect_only(host)

    def is_connected(self, host: HostName) -> bool:
        """Return whether a login has worked."""
        return bool(host in self._peers and self._peers[host].kept)

    async def gives_a_shell(self, host: HostName) -> bool:
        """Find out on the open connection whether the key runs any command."""
        kept = self._peers[host].kept if host in self._peers else None
        return kept is not None and await self._conversation.gives_a_shell(kept)

    def algorithms(self, host: HostName) -> tuple[str, ...]:
        """Return the names that were agreed on for the open connection: host key, cipher and MAC."""
        kept = self._peers[host].kept if host in self._peers else None
        if kept is None:
            return ()
        info, key = kept.connection.get_extra_info, kept.connection.get_server_host_key()
        names = (key.get_algorithm() if key else "", info("send_cipher"), info("send_mac"))
        return tuple(dict.fromkeys(str(name) for name in names if name))

    def weak_algorithms(self, host: HostName) -> tuple[str, ...]:
        """Return those of the open connection that are not among the safe ones."""
        safe = {*SAFE.ciphers, *SAFE.macs, *SAFE.host_keys, "ssh-rsa"}  # the key's kind: its signature is another name
        return tuple(name for name in self.algorithms(host) if name not in safe)
