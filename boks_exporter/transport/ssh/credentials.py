"""The exporter's keys and the known host keys, read again when their files change."""

import asyncio
import os
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.loggers import structlog
from boks_exporter.regular_files import is_there, read_regular
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.config_files import ConfigFiles, Stamp, stamp_of
from boks_exporter.transport.ssh.error_mapping import in_thread, local
from boks_exporter.transport.ssh.known_hosts import KnownHosts, read_known_hosts

_Read = TypeVar("_Read")

_log = structlog.get_logger(__name__)

DEFAULT_KNOWN_HOSTS: Final = "~/.ssh/known_hosts"
_OTHER_FORMATS: Final = {
    b"PuTTY-User-Key-File-": "it is a PuTTY key (.ppk), expected one of OpenSSH; convert it: "
    "puttygen {file} -O private-openssh -o {file}.openssh, and name the new file",
    b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----": "it is a key of SSH.com's format, expected one of OpenSSH; convert "
    "it with the program that made it, or with PuTTY's: puttygen {file} -O private-openssh -o {file}.openssh",
    b"---- BEGIN SSH2 PUBLIC KEY ----": "it is a public key, expected the private one",
    b"ssh-": "it is a public key, expected the private one: the file without .pub",
    b"ecdsa-": "it is a public key, expected the private one: the file without .pub",
}
"""How files begin that are taken for a private key of OpenSSH, and what to do with them."""
_CERTIFICATE_SUFFIX: Final = "-cert.pub"
_DEFAULT_KEYS: Final = ("id_ed448", "id_ed25519", "id_ecdsa", "id_rsa", "id_dsa")


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
            stamp = stamp_of(paths)
            if self.value is None or stamp != self.stamp:
                self.value = await in_thread(None, read)
                self.stamp = stamp
            return self.value


class Credentials:
    """The keys, certificates and known hosts of one domain's settings."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings
        self._identities: dict[tuple[Path, ...], _Kept[Identity]] = {}
        self._known_hosts: _Kept[KnownHosts] = _Kept()
        self._known_hosts_files: tuple[Path, ...] = ()
        self._named: set[Path] = set()
        self._config = ConfigFiles(settings.openssh_config) if settings.openssh_config else None

    async def identity(self, keys: tuple[Path, ...] = (), certificates: tuple[Path, ...] = ()) -> Identity:
        """Load the keys of the settings, else those that the OpenSSH configuration names, with their certificates."""
        settings = with_files(self._settings, keys, certificates)
        files = _identity_files(settings)
        self.rests_on(*files, *keys, *certificates, *map(_certificate_path, keys))
        return await self._identities.setdefault(files, _Kept()).get(files, lambda: read_identity(settings))

    async def known_hosts(self, named_by_config: Iterable[str] = ()) -> KnownHosts:
        """Load the known host keys; without a single key no host can be verified, which is a local fault.

        As with OpenSSH, files named by its configuration may be missing; the file of the settings may not.
        """
        names = tuple(named_by_config)
        files = known_hosts_files(self._settings, names)
        self._known_hosts_files = files
        return await self._known_hosts.get(files, lambda: _logged(read_keys_of_hosts(files, names)))

    def rests_on(self, *files: Path) -> None:
        """Note files on which a login rests, also those that are missing."""
        self._named.update(files)

    def stamp(self) -> Stamp:
        """Return the state of all files on which a login rests; any change is worth another attempt."""
        named = {*self._known_hosts_files, *_identity_files(self._settings), self._settings.known_hosts}
        files = sorted(file for file in named | self._named if file)
        return stamp_of(files) + (self._config.stamp() if self._config else ())


def with_files(settings: SshSettings, keys: tuple[Path, ...], certificates: tuple[Path, ...]) -> SshSettings:
    """Add what the OpenSSH configuration names, where the settings name no key; some of the files may be missing."""
    if settings.identity_files or not keys:
        return settings
    existing = tuple(path for path in keys if is_there(path))
    more = tuple(path for path in certificates if is_there(path))
    return replace(settings, identity_files=existing or keys, certificate_files=settings.certificate_files or more)


def read_identity(settings: SshSettings) -> Identity:
    """Read keys and certificates; a TransportError names the file that cannot be used."""
    passphrase = read_passphrase(settings.passphrase_file)
    if not settings.identity_files and not settings.agent:
        usable = _usable_default_keys(passphrase)
        if passphrase is not None:  # asyncssh tries the others by itself
            settings = replace(settings, identity_files=usable)
    keys = [read_key(path, passphrase) for path in settings.identity_files]
    return Identity(tuple(keys), tuple(map(read_certificate, certificate_paths(settings))))


def certificate_paths(settings: SshSettings) -> tuple[Path, ...]:
    """Return the certificates of the settings, and those next to the keys."""
    return (*settings.certificate_files, *filter(is_there, map(_certificate_path, settings.identity_files)))


def _usable_default_keys(passphrase: bytes | None) -> tuple[Path, ...]:
    """Return the default keys that can be read; raises the first fault if some exist and none is usable."""
    usable: list[Path] = []
    failed: TransportError | None = None
    for path in filter(is_there, _default_keys()):
        try:
            read_key(path, passphrase)
            usable.append(path)
        except TransportError as error:
            failed = failed or error
    if failed and not usable:
        raise failed
    return tuple(usable)


def _default_keys() -> tuple[Path, ...]:
    directory = Path(os.path.expanduser("~/.ssh"))  # noqa: PTH111 - Path.expanduser raises without a home
    return tuple(directory / name for name in _DEFAULT_KEYS)


def read_key(path: Path, passphrase: bytes | None) -> asyncssh.SSHKey:
    """Read a private key."""
    key: asyncssh.SSHKey = read_or_raise(path, lambda content: _imported_key(path, content, passphrase))
    key.set_filename(path)
    return key


def _imported_key(path: Path, content: bytes, passphrase: bytes | None) -> asyncssh.SSHKey:
    """Import a private key; raises ValueError that says how to convert one of another program."""
    for beginning, advice in _OTHER_FORMATS.items():
        if content.lstrip().startswith(beginning):
            raise ValueError(advice.format(file=shlex.quote(str(path))))
    return asyncssh.import_private_key(content, passphrase)


def read_certificate(path: Path) -> asyncssh.SSHCertificate:
    """Read a certificate."""
    certificate: asyncssh.SSHCertificate = read_or_raise(path, asyncssh.import_certificate)
    return certificate


def read_passphrase(file: Path | None) -> bytes | None:
    """Read the passphrase of the keys, without its line end and in its own encoding."""
    if file is None:
        return None
    text: bytes = read_or_raise(file, bytes)
    return text.rstrip(b"\r\n")


def read_keys_of_hosts(files: tuple[Path, ...], named_by_config: Iterable[str] = ()) -> KnownHosts:
    """Read known hosts; raises TransportError for a file that cannot be read, and where there is no key at all."""
    try:
        known = read_known_hosts(files)
    except OSError as error:
        raise local(error, error.filename or DEFAULT_KNOWN_HOSTS) from error
    if known.is_empty:
        named = ", ".join(map(str, files or named_by_config)) or DEFAULT_KNOWN_HOSTS
        skipped = f" ({known.skipped[0]})" if known.skipped else ""
        detail = f"{named}: expected the keys of the hosts, found no usable line{skipped}; no host can be verified"
        raise TransportError(FailureReason.LOCAL, detail)
    return known


def known_hosts_files(settings: SshSettings, named_by_config: Iterable[str] = ()) -> tuple[Path, ...]:
    """Return the files of the settings, else the existing ones of the OpenSSH configuration or the default."""
    if settings.known_hosts:
        return (settings.known_hosts,)
    names = tuple(named_by_config) or (DEFAULT_KNOWN_HOSTS,)
    paths = (Path(os.path.expanduser(name)) for name in names)  # noqa: PTH111 - Path.expanduser raises without a home
    return tuple(path for path in paths if is_there(path))


def read_or_raise(path: Path, parse: Callable[[bytes], Any]) -> Any:
    """Read and parse a file; the error names the file and the cause."""
    try:
        return parse(read_regular(path))
    except (OSError, ValueError) as error:
        raise local(error, path) from error


def _logged(known: KnownHosts) -> KnownHosts:
    for skipped in known.reported:
        _log.warning("known_hosts_line_skipped", file=str(skipped.file), line=skipped.line, problem=skipped.problem)
    return known


def _identity_files(settings: SshSettings) -> tuple[Path, ...]:
    keys = settings.identity_files or _default_keys()
    paths = tuple(path for key in keys for path in (key, _certificate_path(key)))
    return paths + settings.certificate_files + ((settings.passphrase_file,) if settings.passphrase_file else ())


def _certificate_path(key: Path) -> Path:
    """Return the path of the certificate that ssh-keygen writes next to a key."""
    return key.with_name(key.name + _CERTIFICATE_SUFFIX)
