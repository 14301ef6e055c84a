"""Checks of this machine: configuration, permissions, web configuration, port, state file and journal."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from boks_exporter.app.checked_config import examine_all
from boks_exporter.config import Settings
from boks_exporter.doctor.check import Check, failed, ok, skipped, warning
from boks_exporter.errors import ConfigError, ListenError
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.poller import StateUnreadableError, read_states
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.web.listen import host_and_port, sockets_for
from boks_exporter.web.security.reloading_config import load_web_config

HERE: Final = "here"
_PATIENCE_SECONDS: Final = 2.0
_LONGEST_ANSWER: Final = 300


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings, None where they cannot be used, and what was found."""

    settings: Settings | None
    checks: tuple[Check, ...]


def check_configuration(file: Path) -> Configured:
    """Read the configuration with every file that it names: keys, their permissions, known hosts."""
    try:
        found = examine_all(file, resolve_names=True)
    except ConfigError as error:
        remedy = f"correct it, then: {NextCommands(('--config.file', str(file))).config_check()}"
        return Configured(None, tuple(failed(HERE, "configuration", str(each), remedy) for each in error.problems))
    remedy = "change the setting, or leave it if it is meant so"
    warnings = [warning(HERE, "configuration", str(each), remedy) for each in found.warnings]
    hosts = sum(len(domain.hosts) for domain in found.settings.domains)
    counts = f"{_counted(len(found.settings.domains), 'domain')}, {_counted(hosts, 'host')}"
    fine = ok(HERE, "configuration", f"{file}: {counts}; files and modes are right")
    return Configured(found.settings, (fine, *warnings))


def check_machine(settings: Settings, web_config: Path | None, addresses: Sequence[str], again: str) -> Iterator[Check]:
    """Check what the daemon needs here; `again` is the command for another user."""
    yield _user(settings, again)
    yield _web_configuration(web_config)
    for address in addresses:
        yield _port(address)
    yield _state_file(settings.state_file)
    for journal in dict.fromkeys(settings.journal_of(domain) for domain in settings.domains):
        yield _journal(journal)


def _user(settings: Settings, again: str) -> Check:
    """Root can read and write everything, so that what the daemon's user cannot is not found."""
    place = settings.state_file.parent if settings.state_file else None
    owner = place.stat().st_uid if place and place.is_dir() else os.geteuid()
    if os.geteuid() == 0 and owner != 0:
        return warning(HERE, "user", "root, but the daemon is another user", f"sudo -u '#{owner}' {again}")
    return ok(HERE, "user", f"user {os.geteuid()}")


def _web_configuration(file: Path | None) -> Check:
    if file is None:
        return skipped(HERE, "web configuration", "none is named (--web.config.file): no TLS, no passwords")
    try:
        found = load_web_config(file)
    except ConfigError as error:
        return failed(HERE, "web configuration", "; ".join(map(str, error.problems)), f"correct {file}")
    tls = "TLS" if found.tls else "no TLS"
    return ok(HERE, "web configuration", f"{file}: {tls}, {len(found.users)} users")


def _port(address: str) -> Check:
    try:
        for listening in sockets_for([address]):
            listening.close()
    except ListenError as error:
        if text := _answer_of_exporter(address):
            return ok(HERE, "port", f"{address}: an exporter is running there, and says: {text}")
        remedy = "systemctl status boks-exporter; ss -ltnp shows which program it is"
        return warning(HERE, "port", f"{address}: {error.reason}", remedy)
    return ok(HERE, "port", f"{address} is free")


def _answer_of_exporter(address: str) -> str | None:
    """Return what a running exporter says of its health; None where there is none, or it needs TLS or a password."""
    host, port = host_and_port(address)
    connection = HTTPConnection("127.0.0.1" if host in {"", "::", "0.0.0.0"} else host, port, timeout=_PATIENCE_SECONDS)  # noqa: S104 - compared
    try:
        connection.request("GET", "/-/healthy")
        text = connection.getresponse().read(_LONGEST_ANSWER).decode(errors="replace").strip()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return text if text.startswith("boks_exporter is ") else None


def _state_file(file: Path | None) -> Check:
    if file is None:
        remedy = "add state_file: /var/lib/boks-exporter/state.sqlite to the configuration"
        return warning(HERE, "state file", "none: what is proven of copies is forgotten at every restart", remedy)
    if not file.exists():
        return _new_file("state file", file)
    try:
        read_states(file)
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", timeout=_PATIENCE_SECONDS, uri=True)) as it:
            it.execute("BEGIN IMMEDIATE")
            it.execute("CREATE TABLE boks_exporter_doctor (number INTEGER)")
            it.execute("ROLLBACK")
    except (OSError, sqlite3.Error, StateUnreadableError) as error:
        return failed(
            HERE, "state file", f"{file}: {error}", f"ls -l {file}; it must be writable for the daemon's user"
        )
    return ok(HERE, "state file", f"{file} can be written")


def _journal(file: Path) -> Check:
    if not file.exists():
        return _new_file("journal", file)
    try:
        with Journal(file) as journal:
            journal.prove_writable()
    except JournalError as error:
        return failed(HERE, "journal", str(error), f"ls -l {file}; its group must be able to write it")
    return ok(HERE, "journal", f"{file} can be written")


def _new_file(name: str, file: Path) -> Check:
    """Check that a file could be made, without making it: its owner would be the user who runs this."""
    directory = file.parent
    if not directory.is_dir():
        remedy = f"install -d -o boks-exporter -m 0750 {directory}; the systemd unit makes it by itself"
        return failed(HERE, name, f"{directory} does not exist", remedy)
    if not os.access(directory, os.W_OK | os.X_OK):
        return failed(HERE, name, f"{directory} cannot be written by this user", f"chown boks-exporter {directory}")
    return ok(HERE, name, f"{file} does not exist yet and can be made")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
