"""Errors and warnings about the files that a configuration names."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from boks_exporter.config.settings import FailoverSettings, Settings
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.validation import Fault
from boks_exporter.remote.settings import SshSettings

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


def file_warnings(settings: Settings) -> Iterator[Fault]:
    """Warn about what this user cannot read or write; run it as the exporter's user."""
    if settings.state_file and (fault := _unwritable(settings.state_file)):
        yield ("state_file",), f"{fault}: each restart loses the history that lag in seconds needs"
    for index, domain in enumerate(settings.domains):
        at = ("domains", index)
        if isinstance(domain.transport, SshSettings):
            yield from _login_warnings(domain.transport, (*at, "transport"))
        if domain.failover:
            yield from _failover_warnings(domain.failover, (*at, "failover"))


def _unwritable(file: Path) -> str | None:
    """Return why a file could not be written, or None; missing directories are created."""
    # The functions of os.path, since those of Path raise where a directory is closed to this user.
    if os.path.exists(file) and not (os.path.isfile(file) and os.access(file, os.W_OK)):  # noqa: PTH110, PTH113 - as above
        return f"cannot be written by this user: {file}"
    above = next((path for path in file.parents if os.path.exists(path)), file)  # noqa: PTH110 - as above
    return None if above.is_dir() and os.access(above, os.W_OK) else f"cannot be written below {above} by this user"


def _login_warnings(transport: SshSettings, at: Path_) -> Iterator[Fault]:
    """Warn if OpenSSH's default files would be used but are missing; openssh_config may name others."""
    if transport.openssh_config:
        return
    home = _ssh_directory()
    if not transport.known_hosts and not transport.insecure_ignore_host_keys and not (home / "known_hosts").is_file():
        yield (
            (*at, "known_hosts"),
            f"is missing, and this user has no {home}/known_hosts: every host key will be refused",
        )
    if not transport.identity_files and not transport.agent and not any(home.glob("id_*")):
        yield (
            (*at, "identity_files"),
            f"is missing, agent is false, and this user has no {home}/id_…: every login will be refused",
        )


def _ssh_directory() -> Path:
    with suppress(RuntimeError):
        return Path("~/.ssh").expanduser()
    return Path("/.ssh")


def _failover_warnings(failover: FailoverSettings, at: Path_) -> Iterator[Fault]:
    for number, key in enumerate(failover.operator.identity_files):
        if is_accessible_to_others(key):
            yield (
                (*at, "operator", "identity_files", number),
                f"is accessible to other users: {key}; run chmod 600 on it",
            )
    hooks = failover.hooks
    for name, words in (("before", hooks.before), ("after", hooks.after), ("on_failure", hooks.on_failure)):
        yield from _program_warnings(words, (*at, "hooks", name))
    yield from _program_warnings(failover.fence.program, (*at, "fence", "program"))


def _program_warnings(words: tuple[str, ...], at: Path_) -> Iterator[Fault]:
    """Warn about a program that cannot be run, that depends on the present directory, or that others can change."""
    found = shutil.which(words[0]) if words else None
    if words and found is None:
        yield at, f"expected a program that this user can run, found {words[0]!r}"
    elif found is not None:
        if not Path(found).is_absolute():
            yield at, f"expected an absolute path, found {words[0]!r}: it is another program in another directory"
        if Path(found).stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            yield at, f"can be changed by other users: {found}; run chmod go-w on it"
