"""What web configuration files are made of, and the files that they name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.unit.certificates import issued

HASH: Final = "$2y$04$abcdefghijklmnopqrstuuFpUAV0GnHdHlPVdZUkz2mC8wGbpKI3e"
TLS: Final = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"


@dataclass(frozen=True)
class Case:
    """One file. `message` is None for a good one.

    `stricter` tells why exporter-toolkit takes what is refused here, `newer` from when on it thinks otherwise.
    """

    name: str
    text: str
    message: str | None = None
    stricter: str = ""
    newer: str = ""


def write_files(directory: Path) -> None:
    """Write the certificates and keys that the cases name."""
    authority = issued("authority")
    authority.write(directory, "ca")
    issued("server", authority).write(directory, "server")
    other = issued("other", authority)
    other.write(directory, "other")
    (directory / "encrypted.key").write_bytes(other.encrypted(b"secret"))
    (directory / "junk.pem").write_text("junk\n", encoding="utf-8")
    (directory / "broken.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", encoding="utf-8"
    )


def user(hashed: str) -> str:
    return f"basic_auth_users:\n  a: '{hashed}'\n"


def header(name: str, value: str) -> str:
    return f"http_server_config:\n  headers:\n    {name}: {value}\n"
