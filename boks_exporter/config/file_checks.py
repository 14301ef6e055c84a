"""Look at the files that the settings name, while there is still somebody to mend them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from boks_exporter.config.settings import Settings
from boks_exporter.config.validation import Fault

_OTHERS: Final = (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP
"""Nobody else may have anything of a secret; its group may read it, as systemd's credentials have it."""


def file_faults(settings: Settings, directory: Path) -> Iterator[Fault]:
    """Find files that are missing, unreadable or open to others."""
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
        if recordings is not None and not recordings.is_dir():
            yield (*at, "directory"), f"no such directory: {recordings}{_unset(recordings)}"


def _passphrase_faults(file: Path, directory: Path) -> Iterator[str]:
    """Repeat nothing of a path that is none: it may be the passphrase itself."""
    if file.is_file():
        yield from _faults(file, secret=True)
    else:
        yield (
            f"no such file (looked for from {directory}); expected the path of a file that holds the passphrase. "
            "What stands here is not repeated, in case it is the passphrase itself"
        )


def _faults(file: Path, *, secret: bool) -> Iterator[str]:
    if not file.is_file():
        yield f"no such file: {file}{_unset(file)}"
    elif not os.access(file, os.R_OK):
        yield f"cannot be read by this user: {file}"
    elif secret and is_open_to_others(file):
        yield f"is open to others: {file}; chmod 600 it"


def is_open_to_others(file: Path) -> bool:
    """Tell whether a secret is somebody else's, too; what cannot be looked at is not."""
    try:
        return bool(file.stat().st_mode & _OTHERS)
    except OSError:
        return False


def _unset(file: Path) -> str:
    """Explain a variable that is left: systemd sets $CREDENTIALS_DIRECTORY for the service alone."""
    return " (a variable in it is not set here)" if "$" in str(file) else ""
