"""Warnings about files that the exporter can run without, or that are too accessible."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from boks_exporter.config.file_checks import is_accessible_to_others
from boks_exporter.config.settings import FailoverSettings, Settings
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.validation import Fault
from boks_exporter.remote.settings import SshSettings


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
        if words and shutil.which(words[0]) is None:
            yield (*at, "hooks", name), f"expected a program that this user can run, found {words[0]!r}"
