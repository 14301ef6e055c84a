"""The active web configuration: reloaded when one of its files changes, kept when the new one is invalid."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeAlias

from boks_exporter.errors import ConfigError, Problem
from boks_exporter.loggers import structlog
from boks_exporter.web.security.web_config import WebConfig, load_web_config

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
            message = f"TLS was removed from {self._file} without a restart"
            raise RuntimeError(message)
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
