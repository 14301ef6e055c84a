"""The web configuration file, with exporter-toolkit's schema and all faults reported together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext, TLSVersion
from typing import Final

from boks_exporter.config.strict_yaml import load_strict
from boks_exporter.errors import ConfigError, Problem
from boks_exporter.web.security.reading import Section
from boks_exporter.web.security.tls import (
    CIPHERS,
    CLIENT_AUTH,
    CURVES,
    VERSIONS,
    ClientAuth,
    TlsError,
    TlsSettings,
    context_of,
)

_TOP: Final = ("tls_server_config", "http_server_config", "basic_auth_users")
_TLS: Final = (
    "cert_file",
    "key_file",
    "client_auth_type",
    "client_ca_file",
    "min_version",
    "max_version",
    "cipher_suites",
    "curve_preferences",
    "prefer_server_cipher_suites",
)
_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}
"""The allowed headers, with their values if restricted."""

_BCRYPT: Final = re.compile(r"\$2[abxy]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")


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
    problems = list(document.problems)
    top = Section(document, (), problems, _TOP)
    http = top.section("http_server_config", ("http2", "headers"))
    http.truth("http2", default=True)
    headers = _headers(http.section("headers", None))
    users = _users(top.section("basic_auth_users", None))
    section = top.section("tls_server_config", _TLS)
    tls = _tls(section, file.parent)
    context = None if problems or tls is None else _context(section, tls)
    if problems:
        raise ConfigError(tuple(sorted(problems, key=_place)))
    return WebConfig(context, users, headers, (file, *(tls.files if tls else ())))


def _place(problem: Problem) -> tuple[int, str]:
    return (problem.line or 0, problem.path)


def _headers(section: Section) -> dict[str, str]:
    given = section.texts()
    for name, value in given.items():
        if name not in _HEADERS:
            section.fault((name,), f"expected one of {', '.join(_HEADERS)}")
        elif _HEADERS[name] and value not in _HEADERS[name]:
            section.fault((name,), f"expected {' or '.join(_HEADERS[name])}, found {value!r}")
    return {name: " ".join(value.split()) for name, value in given.items()}


def _users(section: Section) -> dict[bytes, bytes]:
    given = section.texts()
    for name, value in given.items():
        if not _BCRYPT.fullmatch(value):
            # What stands there may be a password, which no message may repeat.
            section.fault((name,), "expected a bcrypt hash of 60 characters such as htpasswd -nBC 10 prints it")
    return {name.encode(): value.encode() for name, value in given.items()}


def _tls(section: Section, directory: Path) -> TlsSettings | None:
    """Read the TLS settings; None without files and client authentication, as in exporter-toolkit."""
    files = {key: section.text(key) for key in ("cert_file", "key_file", "client_ca_file")}
    client_auth = section.word("client_auth_type", CLIENT_AUTH, None)
    settings = TlsSettings(
        cert_file=directory / files["cert_file"],
        key_file=directory / files["key_file"],
        client_ca_file=directory / files["client_ca_file"] if files["client_ca_file"] else None,
        client_auth=client_auth or ClientAuth.NONE,
        min_version=section.word("min_version", VERSIONS, TLSVersion.TLSv1_2),
        max_version=section.word("max_version", VERSIONS, TLSVersion.TLSv1_3),
        ciphers=section.words("cipher_suites", CIPHERS),
        curves=section.words("curve_preferences", CURVES),
        prefer_server_ciphers=section.truth("prefer_server_cipher_suites", default=True),
    )
    if not any(files.values()) and client_auth is None:
        return None
    for key, message in _contradictions(settings, files):
        section.fault((key,), message)
    return settings


def _contradictions(settings: TlsSettings, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key in ("cert_file", "key_file"):
        if not files[key]:
            yield key, "is missing; TLS needs cert_file and key_file"
    if settings.client_ca_file and settings.client_auth is ClientAuth.NONE:
        yield "client_ca_file", "has no effect without client_auth_type; set it to RequireAndVerifyClientCert"
    if settings.client_auth is ClientAuth.UNVERIFIED:
        yield "client_auth_type", "unverified certificates cannot be required; use RequireAndVerifyClientCert"
    if settings.max_version < settings.min_version:
        yield "max_version", "is lower than min_version; no client could connect"


def _context(section: Section, tls: TlsSettings) -> SSLContext | None:
    try:
        return context_of(tls)
    except TlsError as error:
        section.fault((error.key,), str(error))
        return None
