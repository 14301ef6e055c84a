"""The exporter's own keys and the hosts' known ones, read from their files again whenever those change."""

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
_CERTIFICATE_BESIDE: Final = "-cert.pub"


@dataclass(frozen=True, slots=True)
class Identity:
    """Private keys and the certificates to them; the keys are shared, what signs is made for each connection."""

    keys: tuple[asyncssh.SSHKey, ...]
    certificates: tuple[asyncssh.SSHCertificate, ...]


@dataclass
class _Kept(Generic[_Read]):
    """The last reading of some files, good for as long as none of them changes."""

    stamp: Stamp | None = None
    value: _Read | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, paths: tuple[Path, ...], read: Callable[[], _Read]) -> _Read:
        """Read anew if a file changed, away from the event loop: a passphrase costs a tenth of a second."""
        async with self.lock:
            stamp = _stamp(paths)
            if self.value is None or stamp != self.stamp:
                self.value = await asyncio.to_thread(read)
                self.stamp = stamp
            return self.value


class Credentials:
    """What one domain's settings name as keys, certificates and known hosts."""

    def __init__(self, settings: SshSettings) -> None:
        """Take the settings; nothing is read before the first connection."""
        self._settings = settings
        self._identity: _Kept[Identity] = _Kept()
        self._known_hosts: _Kept[asyncssh.SSHKnownHosts] = _Kept()

    async def identity(self) -> Identity:
        """Load the private keys and their certificates; one that cannot be used is a failed login."""
        settings = self._settings
        paths = tuple(path for key in settings.identity_files for path in (key, _beside(key)))
        paths += settings.certificate_files + ((settings.passphrase_file,) if settings.passphrase_file else ())
        return await self._identity.get(paths, lambda: _identity(settings))

    async def known_hosts(self, named_by_config: Iterable[str] = ()) -> asyncssh.SSHKnownHosts:
        """Load the known host keys; a file that cannot be read is a host key that cannot be verified.

        As with OpenSSH, files that its configuration names need not be there; the one of the settings must.
        """
        named = self._settings.known_hosts
        paths = (named,) if named else _existing(tuple(named_by_config) or (DEFAULT_KNOWN_HOSTS,))
        return await self._known_hosts.get(paths, lambda: _known_hosts(paths))


def _beside(key: Path) -> Path:
    """Name the certificate that ssh-keygen writes beside a key."""
    return key.with_name(key.name + _CERTIFICATE_BESIDE)


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
    passphrase = None
    if settings.passphrase_file:
        text = _or_refuse(FailureReason.AUTH, settings.passphrase_file, lambda path: path.read_text(encoding="utf-8"))
        passphrase = text.rstrip("\n")
    keys = [
        _or_refuse(FailureReason.AUTH, path, lambda path: asyncssh.read_private_key(path, passphrase))
        for path in settings.identity_files
    ]
    files = [*settings.certificate_files, *(_beside(key) for key in settings.identity_files if _beside(key).is_file())]
    certificates = [_or_refuse(FailureReason.AUTH, path, asyncssh.read_certificate) for path in files]
    return Identity(tuple(keys), tuple(certificates))


def _known_hosts(paths: Iterable[Path]) -> asyncssh.SSHKnownHosts:
    known = asyncssh.SSHKnownHosts()
    for path in paths:
        _or_refuse(FailureReason.HOST_KEY, path, lambda path: known.load(path.read_text(encoding="utf-8")))
    return known


def _or_refuse(reason: FailureReason, path: Path, read: Callable[[Path], Any]) -> Any:
    """Read a file, or say which one cannot be used and why."""
    try:
        return read(path)
    except OSError as error:
        raise TransportError(reason, f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise TransportError(reason, f"{path}: {error}") from error
