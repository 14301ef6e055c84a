"""What `init` reads from its command line: hosts, fingerprints, templates and directories."""

import re
import shlex
from pathlib import Path
from typing import Final

from boks_exporter.model import Host

_ADDRESS: Final = r"\[[^\]\s]+\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[^\s\[\],]*|[^\s:\[\],]+"
_SPEC: Final = re.compile(rf"(?P<name>[^\s=,]+)(?:=(?P<address>{_ADDRESS})(?::(?P<port>\d{{1,5}}))?)?")
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_DIRECTORY: Final = re.compile(r"[\w./+,@=-]+")
_SSH_PORT: Final = 22
_MAX_PORT: Final = 65535


def host_of(text: str) -> Host:
    """Parse NAME, NAME=ADDRESS or NAME=ADDRESS:PORT; raises ValueError."""
    match = _SPEC.fullmatch(text)
    port = int(match["port"] or _SSH_PORT) if match else 0
    if match is None or not 0 < port <= _MAX_PORT:
        raise ValueError(f"expected NAME, NAME=ADDRESS or NAME=ADDRESS:PORT such as master1=192.0.2.1, found {text!r}")
    from boks_exporter.config.field_types import host_text

    return Host(host_text(match["name"]), host_text((match["address"] or match["name"]).strip("[]")), port=port)


def jump_hosts_of(text: str) -> str:
    """Validate `[user@]host[:port]`, several separated by commas; raises ValueError. Empty means none."""
    from boks_exporter.config.field_types import JUMP_ROUTE

    if text and not JUMP_ROUTE.fullmatch(text):
        message = f"expected [user@]host[:port], several separated by commas, such as ops@gate1,gate2, found {text!r}"
        raise ValueError(message)
    return text


def fingerprint_of(text: str) -> str:
    """Validate a fingerprint as `ssh-keygen -l` prints it; raises ValueError."""
    if not _FINGERPRINT.fullmatch(text):
        message = (
            f"expected a fingerprint such as SHA256:… of 43 characters, as ssh-keygen -lf prints it, found {text!r}"
        )
        raise ValueError(message)
    return text


def directory_of(text: str) -> Path:
    """Parse a directory; raises ValueError for one that a unit or a shell would need in quotes."""
    if not _DIRECTORY.fullmatch(text):
        raise ValueError(f"expected a path of letters, digits and ./_+,@=- such as /etc/boks-exporter, found {text!r}")
    if (path := Path(text)).exists() and not path.is_dir():
        raise ValueError(f"expected a directory, found that {text} is a file")
    return path


def template_of(text: str) -> str:
    """Validate a template of addresses; raises ValueError."""
    if text.count("{name}") != 1 or not _SPEC.fullmatch(text.replace("{name}", "n")):
        raise ValueError(f"expected an address with {{name}} in it, such as {{name}}.example.net, found {text!r}")
    return text


def install_line(host: Host, installer: Path, jump_host: str | None) -> str:
    """Write the command that runs the gate's installer on a host, from here."""
    through = f"-J {shlex.quote(jump_host)} " if jump_host else ""
    port = "" if host.port == _SSH_PORT else f"-p {host.port} "
    return f"ssh {through}{port}root@{shlex.quote(host.address)} sh -s <{installer}"


def where(host: Host) -> str:
    """Write a host with its address for people."""
    port = "" if host.port == _SSH_PORT else f" port {host.port}"
    return f"{host.name}{port}" if host.name == host.address else f"{host.name} ({host.address}{port})"
