"""The web configuration in force: looked at anew when one of its files changed, kept when the new one is bad."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeAlias

import structlog

from boks_exporter.errors import ConfigError, Problem
from boks_exporter.web.security.web_config import WebConfig, load_web_config

_log = structlog.get_logger(__name__)

_Look: TypeAlias = tuple[tuple[int, int, int] | None, ...]


class LiveWebConfig:
    """Give the newest usable content of the file, for each connection and each request anew."""

    def __init__(self, file: Path) -> None:
        """Load the file; raises ConfigError if it cannot be used."""
        self._file = file
        # Looked at before it is read: a change in between shows as one the next time.
        look = _look((file,))
        self._config = load_web_config(file)
        self._seen = look + _look(self._config.files[1:])

    def current(self) -> WebConfig:
        """Give what is in force; a few stats, unless something changed."""
        seen = _look(self._config.files)
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
            self._seen = _look(config.files)
        self._config = config
        _log.info("web_config_renewed", file=str(self._file))

    def tls(self) -> ssl.SSLContext | None:
        """Give a context for listening that follows every renewal; None where TLS is off."""
        return _FollowingContext.of(self._tls) if self._config.tls else None

    def _tls(self) -> ssl.SSLContext:
        context = self.current().tls
        if context is None:
            message = f"TLS vanished from {self._file} without a restart"
            raise RuntimeError(message)
        return context


class _FollowingContext(ssl.SSLContext):
    """Hand each new connection over to the context that is in force at that moment."""

    _current: Callable[[], ssl.SSLContext]

    @classmethod
    def of(cls, current: Callable[[], ssl.SSLContext]) -> Self:
        """Follow what `current` gives."""
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context._current = current
        return context

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a connection's TLS, which asyncio and uvloop both do by this."""
        return self._current().wrap_bio(*args, **kwargs)


def _needs_restart(file: Path) -> ConfigError:
    return ConfigError((Problem(str(file), None, "tls_server_config", "TLS is switched on or off by a restart only"),))


def _look(files: tuple[Path, ...]) -> _Look:
    """Tell what shows whether a file is another one than before; None for one that cannot be seen."""
    return tuple(_one_look(file) for file in files)


def _one_look(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
