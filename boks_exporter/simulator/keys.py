"""Throw-away SSH keys for a simulated domain, and the files that a client needs of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncssh

_KIND: Final = "ssh-ed25519"
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class HostKeys:
    """A host's known key, and another one for a changed host key."""

    true: asyncssh.SSHKey
    other: asyncssh.SSHKey

    @classmethod
    def generate(cls) -> "HostKeys":
        return cls(new_key(), new_key())


def new_key() -> asyncssh.SSHKey:
    """Make a key of the fastest kind."""
    return asyncssh.generate_private_key(_KIND)


def write_user_key(key: asyncssh.SSHKey, path: Path) -> None:
    """Write a private key that is never readable by others."""
    path.touch(mode=_PRIVATE, exist_ok=False)
    path.write_bytes(key.export_private_key())


def write_known_hosts(hosts: Iterable[tuple[str, int, asyncssh.SSHKey]], path: Path) -> None:
    """Write the true host key of each address and port."""
    lines = (f"[{address}]:{port} {_public(key)}\n" for address, port, key in hosts)
    path.write_text("".join(lines), encoding="utf-8")


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()
