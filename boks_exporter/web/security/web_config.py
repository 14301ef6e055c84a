"""The web configuration file, with exporter-toolkit's schema and all faults reported together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from typing import Final

from boks_exporter.config import FileFormat, validated
from boks_exporter.config.strict_yaml import Document, load_strict
from boks_exporter.errors import ConfigError, Problem
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
        problem = Problem(document.file, document.line_of(path), ".".join(path), str(error))
        raise ConfigError((problem,)) from error
