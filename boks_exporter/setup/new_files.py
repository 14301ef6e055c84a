"""Files that are written only where nothing is lost."""

import os
from pathlib import Path
from typing import Final

import asyncssh

from boks_exporter.errors import BoksExporterError
from boks_exporter.transport.ssh.credentials import read_key

_PRIVATE: Final = 0o600
_READABLE: Final = 0o644


class SetupError(BoksExporterError):
    """A file of an installation cannot be written, or a host cannot be set up as it was told."""


def refuse_existing(files: dict[Path, str]) -> None:
    """Raise SetupError where another text would be lost."""
    other = [str(file) for file, text in files.items() if file.exists() and _text_of(file) != text]
    if other:
        message = (
            f"{', '.join(other)}: expected no file, or the same text; move it away, or replace it with --overwrite"
        )
        raise SetupError(message)


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def write_file(file: Path, text: str) -> bool:
    """Write a file as a whole; returns False where it has this text already."""
    if _text_of(file) == text:
        return False
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.chmod(_READABLE)
        beside.replace(file)
    except OSError as error:
        raise SetupError(f"{file} cannot be written: {error.strerror}") from error
    return True


def add_line(file: Path, line: str) -> None:
    """Add one line to the end of a file, which is made if it is missing."""
    text = _text_of(file) or ""
    if line not in text.splitlines(keepends=True):
        write_file(file, text + ("" if not text or text.endswith("\n") else "\n") + line)


def user_key(file: Path, comment: str) -> bool:
    """Make a private key with its public half; returns False where a usable one is there. Never replaces one.

    Raises SetupError and TransportError.
    """
    public = file.with_name(f"{file.name}.pub")
    if file.exists():
        key = read_key(file, None)
        if not public.exists():
            write_file(public, _public(key, comment))
        return False
    key = asyncssh.generate_private_key("ssh-ed25519", comment)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(handle, "wb") as opened:
            opened.write(key.export_private_key("openssh"))
    except OSError as error:
        raise SetupError(f"{file} cannot be made: {error.strerror}") from error
    write_file(public, _public(key, comment))
    return True


def _public(key: asyncssh.SSHKey, comment: str) -> str:
    words = key.export_public_key("openssh").decode().split()[:2]
    return f"{' '.join(words)} {comment}\n"
