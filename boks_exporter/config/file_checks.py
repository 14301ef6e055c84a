"""Checks of the files that the settings name."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from boks_exporter.config.settings import Settings
from boks_exporter.config.validation import Fault

_OTHERS: Final = (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP
"""Other users must have no access to a secret; its group may read it, as with systemd's credentials."""


def file_faults(settings: Settings, directory: Path) -> Iterator[Fault]:
    """Report files that are missing, unreadable or accessible to other users."""
    for index, domain in enumerate(settings.domains):
        at = ("domains", index, "transport")
        transport = domain.transport
        for key in ("identity_files", "certificate_files"):
            for number, file in enumerate(getattr(transport, key, ())):
                yield from (((*at, key, number), fault) for fault in _faults(file, secret=key == "identity_files"))
        for key in ("known_hosts", "openssh_config"):
            if file := getattr(transport, key, None):
                yield from (((*at, key), fault) for fault in _faults(file, secret=False))
        if passphrase_file := getattr(transport, "passphrase_file", None):
            yield from (((*at, "passphrase_file"), fault) for fault in _passphrase_faults(passphrase_file, directory))
        recordings = getattr(transport, "directory", None)
        if recordings is not None and not os.path.isdir(recordings):  # noqa: PTH112 - as in _is_file
            yield (*at, "directory"), f"no such directory: {recordings}{_unset(recordings)}"


def _passphrase_faults(file: Path, directory: Path) -> Iterator[str]:
    """Check the passphrase's file; the message never repeats the path, which may be the passphrase itself."""
    if _is_file(file):
        yield from _faults(file, secret=True)
    else:
        yield (
            f"no such file (relative to {directory}); expected the path of a file that holds the passphrase. "
            "The value is not shown, in case it is the passphrase itself"
        )


def _faults(file: Path, *, secret: bool) -> Iterator[str]:
    if _is_hidden(file):
        yield f"cannot be read by this user: {file}"
    elif not _is_file(file):
        is_other = os.path.exists(file)  # noqa: PTH110 - as in _is_file
        yield f"expected a regular file: {file}" if is_other else f"no such file: {file}{_unset(file)}"
    elif not os.access(file, os.R_OK):
        yield f"cannot be read by this user: {file}"
    elif secret and is_accessible_to_others(file):
        yield f"is accessible to other users: {file}; run chmod 600 on it"


def _is_file(file: Path) -> bool:
    """Return whether this user can see the file; Path.is_file raises where a directory is closed to the user."""
    return os.path.isfile(file)  # noqa: PTH113 - the reason is above


def _is_hidden(file: Path) -> bool:
    """Return whether a directory above the file is closed to this user."""
    try:
        file.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def is_accessible_to_others(file: Path) -> bool:
    """Return whether other users can access a secret; False if its mode cannot be read."""
    try:
        return bool(file.stat().st_mode & _OTHERS)
    except OSError:
        return False


def _unset(file: Path) -> str:
    """Explain an unset variable: systemd sets $CREDENTIALS_DIRECTORY for the service only."""
    return " (it contains a variable that is not set)" if "$" in str(file) else ""
