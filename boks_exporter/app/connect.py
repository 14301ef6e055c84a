"""Build the transport that a domain's settings ask for."""

from boks_exporter.config import DomainSettings, PollSettings
from boks_exporter.remote.settings import LocalSettings, ReplaySettings, SshSettings
from boks_exporter.transport.base import Transport


def transport_for(domain: DomainSettings, poll: PollSettings) -> Transport:
    """Build a domain's transport; the libraries behind each are loaded only when it is used."""
    match domain.transport:
        case SshSettings() as ssh:
            from boks_exporter.transport.ssh import SshTransport

            return SshTransport(ssh, timeout_seconds=poll.timeout_seconds)
        case LocalSettings() as local:
            from boks_exporter.transport.local import LocalTransport

            return LocalTransport(local, timeout_seconds=poll.timeout_seconds)
        case ReplaySettings() as replay:
            from boks_exporter.transport.replay import ReplayTransport

            return ReplayTransport(replay.directory)
