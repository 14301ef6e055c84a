"""One exchange on an open connection, and the check of a reply that is not the gate's."""

import asyncssh
import structlog

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import HostName
from boks_exporter.remote.gate import sent_command, sent_script
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.connect import Connection
from boks_exporter.transport.ssh.error_mapping import during_exchange
from boks_exporter.transport.ssh.exchange import start
from boks_exporter.transport.ssh.peer import Kept

_log = structlog.get_logger(__name__)

_PROBE_STATUS = 97
_PROBE = f"exit {_PROBE_STATUS}"
"""Harmless: a shell ends with this status, a forced command refuses it."""
_PROBE_BYTES = 4096


class NotStartedError(Exception):
    """No channel could be opened, so nothing has run and another connection can be tried."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Conversation:
    """Send requests as the settings say: to an installed gate, or with the gate's script."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings

    async def exchange(self, kept: Kept, request: RequestLine) -> RawReply:
        """Run one request as a command; raises NotStartedError, or TransportError when it has begun."""
        if self._settings.gate is GateMode.SENT:
            return await self._run(kept, sent_command(request), sent_script(self._settings.paths))
        return await self._run(kept, request.line(), b"")

    async def gives_a_shell(self, connection: Connection) -> bool:
        """Find out whether the key of an installed gate runs any command, because its forced command is missing."""
        if self._settings.gate is GateMode.SENT:
            return False
        try:
            command = await start(connection, _PROBE, _PROBE_BYTES)
            return (await command.complete()).exit_status == _PROBE_STATUS
        except (asyncssh.Error, OSError, TransportError):
            return False

    async def _run(self, kept: Kept, command: str, stdin: bytes) -> RawReply:
        try:
            running = await start(kept.connection, command, self._settings.max_reply_bytes)
        except (asyncssh.Error, OSError) as error:
            raise NotStartedError(error) from error
        except BaseException:
            # The channel may still open, and nobody would close it.
            kept.abort()
            raise
        try:
            return await running.complete(stdin)
        except (asyncssh.Error, OSError) as error:
            raise during_exchange(error) from error


def is_answer(reply: RawReply) -> bool:
    """Return whether the gate has answered at all, whatever its sections say."""
    return b"=boks-gate/" in reply.stdout or b"=refused " in reply.stdout


def unrestricted(host: HostName, user: str) -> TransportError:
    """Describe a key without a forced command."""
    return TransportError(
        FailureReason.EXIT_STATUS,
        f"SECURITY: the monitoring key gives a shell as {user} on {host}: its line in authorized_keys has no "
        'command="…", so the key can run anything there; put restrict,command="/opt/boks-gate/gate.sh" in front of it '
        "(boks-exporter gate install prints the line)",
    )
