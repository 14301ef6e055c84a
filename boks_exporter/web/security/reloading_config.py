"""The web configuration: reloaded when one of its files changes, kept when the new one is invalid."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from typing import Any, Final, Self, TypeAlias

from boks_exporter.config import FileFormat, validated
from boks_exporter.config.strict_yaml import Document, load_strict
from boks_exporter.errors import ConfigError, Problem
from boks_exporter.loggers import structlog
from boks_exporter.web.security.schema import TlsModel, WebConfigModel
from boks_exporter.web.security.tls import ClientAuth, TlsError, TlsSettings, context_of

_FORMAT: Final = FileFormat(WebConfigModel, {})
_SECTION: Final = "tls_server_config"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The loaded configuration; `files` are the files that it depends on, itself first."""

    tls: SSLContext | None = None
    users: Mapping[bytes, bytes] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def load_web_config(file: Path) -> WebConfig:
    """Load a file and the files that it names; raises ConfigError with all faults."""
    document = load_strict(file, "name another file with --web.config.file, or omit that flag")
    model = validated(document, _FORMAT, _contradictions)
    tls = _tls(model.tls_server_config, file.parent)
    return WebConfig(
        tls=_context(document, tls) if tls else None,
        users={name.encode(): hashed for name, hashed in model.basic_auth_users.items()},
        headers=model.http_server_config.headers.model_dump(by_alias=True, exclude_none=True),
        files=(file, *(tls.files if tls else ())),
    )


def _is_off(tls: TlsModel) -> bool:
    """Return whether TLS is off: without files and client authentication, as in exporter-toolkit."""
    return not (tls.cert_file or tls.key_file or tls.client_ca_file or tls.client_auth_type)


def _contradictions(model: WebConfigModel) -> Iterator[tuple[tuple[str, ...], str]]:
    tls = model.tls_server_config
    if _is_off(tls):
        return
    for key in ("cert_file", "key_file"):
        if not getattr(tls, key):
            yield (_SECTION, key), "is missing; TLS needs cert_file and key_file"
    if tls.client_ca_file and tls.client_auth_type in {None, ClientAuth.NONE}:
        message = "has no effect without client_auth_type; set it to RequireAndVerifyClientCert"
        yield (_SECTION, "client_ca_file"), message
    if tls.client_auth_type is ClientAuth.UNVERIFIED:
        message = "unverified certificates cannot be required; use RequireAndVerifyClientCert"
        yield (_SECTION, "client_auth_type"), message
    if tls.max_version < tls.min_version:
        yield (_SECTION, "max_version"), "is lower than min_version; no client could connect"


def _tls(model: TlsModel, directory: Path) -> TlsSettings | None:
    if _is_off(model) or not (model.cert_file and model.key_file):
        return None
    return TlsSettings(
        cert_file=directory / model.cert_file,
        key_file=directory / model.key_file,
        client_ca_file=directory / model.client_ca_file if model.client_ca_file else None,
        client_auth=model.client_auth_type or ClientAuth.NONE,
        min_version=model.min_version,
        max_version=model.max_version,
        ciphers=model.cipher_suites,
        curves=model.curve_preferences,
        prefer_server_ciphers=model.prefer_server_cipher_suites,
    )


def _context(document: Document, tls: TlsSettings) -> SSLContext:
    try:
        return context_of(tls)
    except TlsError as error:
        path = (_SECTION, error.key)
        raise ConfigError((Problem(document.file, document.line_of(path), ".".join(path), str(error)),)) from error


_log = structlog.get_logger(__name__)

_Signatures: TypeAlias = tuple[tuple[int, int, int] | None, ...]


class LiveWebConfig:
    """The last valid content of the file, checked at each connection and request."""

    def __init__(self, file: Path) -> None:
        """Load the file; raises ConfigError."""
        self._file = file
        # Take the file's status before reading it: a change in between is then found the next time.
        signatures = _signatures((file,))
        self._config = load_web_config(file)
        self._seen = signatures + _signatures(self._config.files[1:])

    def current(self) -> WebConfig:
        """Return the active configuration; costs a few stat calls unless a file changed."""
        seen = _signatures(self._config.files)
        if seen != self._seen:
            self._seen = seen
            self._renew()
        return self._config

    def _renew(self) -> None:
        try:
            config = load_web_config(self._file)
            if (config.tls is None) is not (self._config.tls is None):
                raise _needs_restart(self._file)
        except ConfigError as error:
            for problem in error.problems:
                _log.error("web_config_refused", problem=str(problem))
            return
        if config.files != self._config.files:
            self._seen = _signatures(config.files)
        self._config = config
        _log.info("web_config_renewed", file=str(self._file))

    def tls(self) -> ssl.SSLContext | None:
        """Return a server context that uses renewed certificates; None without TLS."""
        return _FollowingContext.of(self._tls) if self._config.tls else None

    def _tls(self) -> ssl.SSLContext:
        context = self.current().tls
        if context is None:
            raise RuntimeError(f"TLS was removed from {self._file} without a restart")
        return context


class _FollowingContext(ssl.SSLContext):
    """An SSL context that delegates each new connection to the currently active one."""

    _current: Callable[[], ssl.SSLContext]

    @classmethod
    def of(cls, current: Callable[[], ssl.SSLContext]) -> Self:
        """Delegate to the context that `current` returns."""
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context._current = current
        return context

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Start TLS on a connection; asyncio and uvloop both call this."""
        return self._current().wrap_bio(*args, **kwargs)


def _needs_restart(file: Path) -> ConfigError:
    return ConfigError((Problem(str(file), None, "tls_server_config", "switching TLS on or off needs a restart"),))


def _signatures(files: tuple[Path, ...]) -> _Signatures:
    """Return a signature of each file that changes with it; None for an inaccessible file."""
    return tuple(_signature_of(file) for file in files)


def _signature_of(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
