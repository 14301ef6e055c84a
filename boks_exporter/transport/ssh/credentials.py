"""The exporter's keys and the known host keys, read again when their files change."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.remote.settings import SshSettings

Stamp: TypeAlias = tuple[tuple[str, int, int, int] | None, ...]
_Read = TypeVar("_Read")

DEFAULT_KNOWN_HOSTS: Final = "~/.ssh/known_hosts"
_CERTIFICATE_SUFFIX: Final = "-cert.pub"


@dataclass(frozen=True, slots=True)
class Identity:
    """Private keys and their certificates, shared by all connections."""

    keys: tuple[asyncssh.SSHKey, ...]
    certificates: tuple[asyncssh.SSHCertificate, ...]


@dataclass
class _Kept(Generic[_Read]):
    """The last reading of some files, valid until one of them changes."""

    stamp: Stamp | None = None
    value: _Read | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, paths: tuple[Path, ...], read: Callable[[], _Read]) -> _Read:
        """Read again if a file changed, in a thread: a passphrase costs a tenth of a second."""
        async with self.lock:
            stamp = _stamp(paths)
            if self.value is None or stamp != self.stamp:
                self.value = await asyncio.to_thread(read)
                self.stamp = stamp
            return self.value


class Credentials:
    """The keys, certificates and known hosts of one domain's settings."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings
        self._identity: _Kept[Identity] = _Kept()
        self._known_hosts: _Kept[asyncssh.SSHKnownHosts] = _Kept()

    async def identity(self) -> Identity:
        """Load the private keys and their certificates; an unusable file is a failed login."""
        settings = self._settings
        paths = tuple(path for key in settings.identity_files for path in (key, _certificate_path(key)))
        paths += settings.certificate_files + ((settings.passphrase_file,) if settings.passphrase_file else ())
        return await self._identity.get(paths, lambda: _identity(settings))

    async def known_hosts(self, named_by_config: Iterable[str] = ()) -> asyncssh.SSHKnownHosts:
        """Load the known host keys; with an unreadable file no host key can be verified.

        As with OpenSSH, files named by its configuration may be missing; the file of the settings may not.
        """
        named = self._settings.known_hosts
        paths = (named,) if named else _existing(tuple(named_by_config) or (DEFAULT_KNOWN_HOSTS,))
        return await self._known_hosts.get(paths, lambda: _known_hosts(paths))


def _certificate_path(key: Path) -> Path:
    """Return the path of the certificate that ssh-keygen writes next to a key."""
    return key.with_name(key.name + _CERTIFICATE_SUFFIX)


def _existing(names: Iterable[str]) -> tuple[Path, ...]:
    return tuple(path for path in (Path(name).expanduser() for name in names) if path.is_file())


def _stamp(paths: Iterable[Path]) -> Stamp:
    return tuple(_stamp_of(path) for path in paths)


def _stamp_of(path: Path) -> tuple[str, int, int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return str(path), seen.st_mtime_ns, seen.st_size, seen.st_ino


def _identity(settings: SshSettings) -> Identity:
    passphrase = _passphrase(settings.passphrase_file) if settings.passphrase_file else None
    keys = [
        _read_or_raise(FailureReason.AUTH, path, lambda path: asyncssh.read_private_key(path, passphrase))
        for path in settings.identity_files
    ]
    default_files = [path for path in map(_certificate_path, settings.identity_files) if path.is_file()]
    certificates = [
        _read_or_raise(FailureReason.AUTH, path, asyncssh.read_certificate)
        for path in (*settings.certificate_files, *default_files)
    ]
    return Identity(tuple(keys), tuple(certificates))


def _passphrase(file: Path) -> str:
    text: str = _read_or_raise(FailureReason.AUTH, file, lambda path: path.read_text(encoding="utf-8"))
    return text.rstrip("\n")


def _known_hosts(paths: Iterable[Path]) -> asyncssh.SSHKnownHosts:
    known = asyncssh.SSHKnownHosts()
    for path in paths:
        _read_or_raise(FailureReason.HOST_KEY, path, lambda path: known.load(path.read_text(encoding="utf-8")))
    return known


def _read_or_raise(reason: FailureReason, path: Path, read: Callable[[Path], Any]) -> Any:
    """Read a file; the error names the file and the cause."""
    try:
        return read(path)
    except OSError as error:
        raise TransportError(reason, f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise TransportError(reason, f"{path}: {error}") from error
