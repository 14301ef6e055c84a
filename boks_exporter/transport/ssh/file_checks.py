"""Faults of the local files that SSH needs, found by the code that uses them."""

import shutil
import socket
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.regular_files import is_readable, read_regular
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.algorithms import cannot_sign, lists_for, unsupported
from boks_exporter.transport.ssh.credentials import (
    certificate_paths,
    known_hosts_files,
    read_certificate,
    read_identity,
    read_key,
    read_keys_of_hosts,
    read_passphrase,
    with_files,
)
from boks_exporter.transport.ssh.jump_route import JumpLoopError, loop_message, whole_route
from boks_exporter.transport.ssh.known_hosts import KnownHosts
from boks_exporter.transport.ssh.openssh_config import (
    Evaluated,
    Target,
    evaluate,
    jump_target,
    keyword_warnings,
    target_of,
    verifiable,
)
from boks_exporter.transport.ssh.tcp import bind, family_of

Place: TypeAlias = tuple[str | int, ...]
"""Keys below the transport's settings."""
Found: TypeAlias = tuple[Place, str]
_USER_CERTIFICATE: Final = 1
_REPORTED_LINES: Final = 10
"""Of a file that is something else altogether, each line is a warning."""


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
    signatures = _signatures(settings)
    for index, path in enumerate(settings.identity_files):
        if is_readable(path):
            yield from _fault_of(("identity_files", index), _read_usable_key, path, passphrase, signatures)
    for index, path in enumerate(settings.certificate_files):
        if is_readable(path):
            yield from _fault_of(("certificate_files", index), read_certificate, path)


def ssh_warnings(settings: SshSettings, hosts: Iterable[Host]) -> Iterator[Found]:
    """Find lines of known_hosts and openssh_config that will be skipped, and certificates that no host accepts."""
    if settings.openssh_config:
        lines = islice(keyword_warnings(settings.openssh_config), _REPORTED_LINES)
        yield from ((("openssh_config",), problem) for problem in lines)
    yield from _certificate_warnings(settings)
    try:
        known = [_keys_of_hosts(settings)]
        if _names_known_hosts(settings):
            files = {known_hosts_files(settings, found.known_hosts) for _, found in _evaluated(settings, hosts)}
            known = [read_keys_of_hosts(each) for each in sorted(files)]
    except (TransportError, ValueError, JumpLoopError):
        return  # reported as a fault
    for skipped in [line for each in known if each for line in each.reported]:
        yield ("known_hosts",), str(skipped)


def _certificate_warnings(settings: SshSettings) -> Iterator[Found]:
    """Find certificates with which no login succeeds; the keys may be accepted without them."""
    try:
        identity = read_identity(settings)
    except TransportError:
        return  # reported as a fault
    keys = {key.public_data for key in identity.keys}
    certificate: Any
    for path, certificate in zip(certificate_paths(settings), identity.certificates, strict=False):
        problem = "" if not keys or certificate.key.public_data in keys else "it belongs to none of the identity_files"
        try:
            certificate.validate(_USER_CERTIFICATE, None)
        except ValueError as error:
            problem = str(error)
        if problem:
            yield ("certificate_files",), f"{path}: {problem}; no host accepts it"


def _signatures(settings: SshSettings) -> set[str]:
    """Return the signature algorithms that are allowed for any host."""
    names = ["", *(name for name, _ in settings.host_algorithms)]
    return {signature for name in names for signature in lists_for(settings, name, {}).signatures}


def _read_usable_key(path: Path, passphrase: bytes | None, signatures: set[str]) -> None:
    """Read a key; raises TransportError where it cannot sign as any host's list allows."""
    if problem := cannot_sign(read_key(path, passphrase), signatures):
        raise TransportError(FailureReason.LOCAL, f"{path}: {problem}")


def _known_hosts_faults(settings: SshSettings) -> Iterator[Found]:
    """Find files of known hosts without any key: no host could be verified."""
    try:
        _keys_of_hosts(settings)
    except TransportError as error:
        yield ("known_hosts",), error.detail


def _keys_of_hosts(settings: SshSettings) -> KnownHosts | None:
    """Read known hosts; None where none are needed, where openssh_config names them, and where a file is missing."""
    if settings.insecure_ignore_host_keys or _names_known_hosts(settings):
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


def _names_known_hosts(settings: SshSettings) -> bool:
    """Return whether the OpenSSH configuration may name the files of known hosts."""
    return bool(settings.openssh_config and not settings.known_hosts and not settings.insecure_ignore_host_keys)


def _config_faults(settings: SshSettings, file: Path, hosts: Iterable[Host]) -> Iterator[Found]:
    """Evaluate the configuration for each host, and open what it names; one fault is enough."""
    opened: set[object] = set()
    try:
        for target, found in _evaluated(settings, hosts):
            lists_for(settings, target.name, found.algorithms)
            named = (
                found.identity_files,
                found.certificate_files,
                found.known_hosts,
                found.proxy_program,
                found.source,
            )
            if named not in opened:
                opened.add(named)
                _open_files(settings, target, found)
    except JumpLoopError as error:
        yield ("openssh_config",), loop_message(file, str(error))
    except (TransportError, ValueError) as error:
        yield ("openssh_config",), _with_line(file, getattr(error, "detail", str(error)))


def _evaluated(settings: SshSettings, hosts: Iterable[Host]) -> Iterator[tuple[Target, Evaluated]]:
    """Evaluate the OpenSSH configuration for each host, and for each jump host once."""
    file, jumps = settings.openssh_config, set()
    if file is None:
        return
    for host in hosts:
        target = target_of(host.name, host.address, host.port, settings)
        found = evaluate(file, target)
        yield target, found
        if route := settings.jump_host or found.jump:
            whole = whole_route(route, lambda jump: evaluate(file, jump_target(jump, settings)).jump)
            for jump in [each for each in whole.split(",") if each not in jumps]:
                jumps.add(jump)
                try:
                    target = jump_target(jump, settings)
                except TransportError as error:
                    raise TransportError(error.reason, f"jump host {jump}: {error.detail}") from error
                yield target, evaluate(file, target)


def _open_files(settings: SshSettings, target: Target, found: Evaluated) -> None:
    """Read what the configuration names for a target; raises TransportError."""
    if not settings.identity_files:
        read_identity(with_files(settings, found.identity_files, found.certificate_files))
    if _names_known_hosts(settings):
        names = verifiable(settings, target, found)
        read_keys_of_hosts(known_hosts_files(settings, names), names)
    if found.proxy_program and shutil.which(found.proxy_program) is None:
        detail = f"ProxyCommand: expected a program that this user can run, found {found.proxy_program!r}"
        raise TransportError(FailureReason.LOCAL, detail)
    if found.source is not None and not found.is_proxied:
        with socket.socket(family_of(found.source), socket.SOCK_STREAM) as sock:
            bind(sock, found.source)


def _with_line(file: Path, text: str) -> str:
    """Name the file and, where asyncssh does not, the line on which the option stands."""
    text = text.removeprefix(f"{file}: ")
    if str(file) in text:
        return text
    option = text.split(" ", 1)[0].lower()
    lines = read_regular(file).decode(errors="replace").splitlines()
    numbers = [number for number, line in enumerate(lines, 1) if line.strip().lower().startswith(option)]
    return f"{file} line {numbers[0]}: {text}" if numbers else f"{file}: {text}"
