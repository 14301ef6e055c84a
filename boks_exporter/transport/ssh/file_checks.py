"""Faults of the local files that SSH needs, found by the code that uses them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from boks_exporter.errors import TransportError
from boks_exporter.model import Host
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.algorithms import lists_for, unsupported
from boks_exporter.transport.ssh.credentials import (
    known_hosts_files,
    read_certificate,
    read_key,
    read_keys_of_hosts,
    read_passphrase,
)
from boks_exporter.transport.ssh.jump_route import JumpLoopError, loop_message, whole_route
from boks_exporter.transport.ssh.known_hosts import KnownHosts
from boks_exporter.transport.ssh.openssh_config import evaluate, jump_target, target_of
from boks_exporter.transport.ssh.regular_files import is_readable

Place: TypeAlias = tuple[str | int, ...]
"""Keys below the transport's settings."""
Found: TypeAlias = tuple[Place, str]


def ssh_faults(settings: SshSettings, hosts: Iterable[Host]) -> Iterator[Found]:
    """Find what makes every login fail; files that are missing or unreadable are reported elsewhere."""
    yield from _algorithm_faults(settings)
    yield from login_faults(settings)
    yield from _known_hosts_faults(settings)
    if settings.openssh_config and is_readable(settings.openssh_config):
        yield from _config_faults(settings, settings.openssh_config, hosts)


def login_faults(settings: SshSettings) -> Iterator[Found]:
    """Find keys and certificates that cannot be used."""
    try:
        passphrase = read_passphrase(settings.passphrase_file)
    except TransportError:
        return  # reported as a file
    for index, path in enumerate(settings.identity_files):
        if is_readable(path):
            yield from _fault_of(("identity_files", index), read_key, path, passphrase)
    for index, path in enumerate(settings.certificate_files):
        if is_readable(path):
            yield from _fault_of(("certificate_files", index), read_certificate, path)


def ssh_warnings(settings: SshSettings) -> Iterator[Found]:
    """Find lines of known_hosts that will be skipped."""
    try:
        known = _keys_of_hosts(settings)
    except TransportError:
        return  # reported as a fault
    for skipped in known.reported if known else ():
        yield ("known_hosts",), str(skipped)


def _known_hosts_faults(settings: SshSettings) -> Iterator[Found]:
    """Find files of known hosts without any key: no host could be verified."""
    try:
        _keys_of_hosts(settings)
    except TransportError as error:
        yield ("known_hosts",), error.detail


def _keys_of_hosts(settings: SshSettings) -> KnownHosts | None:
    """Read known hosts; None where none are needed, where openssh_config names them, and where a file is missing."""
    if settings.insecure_ignore_host_keys or (settings.openssh_config and not settings.known_hosts):
        return None
    files = known_hosts_files(settings)
    return read_keys_of_hosts(files) if files and all(map(is_readable, files)) else None


def _fault_of(place: Place, read: Any, *arguments: Any) -> Iterator[Found]:
    try:
        read(*arguments)
    except TransportError as error:
        yield place, error.detail


def _algorithm_faults(settings: SshSettings) -> Iterator[Found]:
    for kind, entry in unsupported(settings.algorithms):
        yield ("algorithms", kind), _unknown(entry)
    for host, lists in settings.host_algorithms:
        for kind, entry in unsupported(lists):
            yield ("host_algorithms",), f"{host}: {kind}: {_unknown(entry)}"


def _unknown(entry: str) -> str:
    return f"expected an algorithm that is supported here, found {entry!r}"


def _config_faults(settings: SshSettings, file: Path, hosts: Iterable[Host]) -> Iterator[Found]:
    """Evaluate the configuration for each host; one fault is enough."""
    for host in hosts:
        try:
            found = evaluate(file, target_of(host.name, host.address, host.port, settings))
            lists_for(settings, host.name, found.algorithms)
            if route := settings.jump_host or found.jump:
                whole_route(route, lambda jump: evaluate(file, jump_target(jump, settings)).jump)
        except JumpLoopError as error:
            yield ("openssh_config",), loop_message(file, str(error))
            return
        except (TransportError, ValueError) as error:
            yield ("openssh_config",), _with_line(file, getattr(error, "detail", str(error)))
            return


def _with_line(file: Path, text: str) -> str:
    """Name the file and, where asyncssh does not, the line on which the option stands."""
    if str(file) in text:
        return text
    option = text.split(" ", 1)[0].lower()
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    numbers = [number for number, line in enumerate(lines, 1) if line.strip().lower().startswith(option)]
    return f"{file} line {numbers[0]}: {text}" if numbers else f"{file}: {text}"
