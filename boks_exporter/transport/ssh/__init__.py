"""The SSH transport: connections that are kept from round to round."""

from boks_exporter.transport.ssh.transport import SshTransport
