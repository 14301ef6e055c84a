"""OpenSSL context from exporter-toolkit's TLS settings, which use Go's names."""

import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from ssl import TLSVersion
from typing import Final, NoReturn

from boks_exporter.errors import BoksExporterError
from boks_exporter.regular_files import read_regular

_CERT: Final = "cert_file"
_KEY: Final = "key_file"
_CLIENT_CA: Final = "client_ca_file"


class ClientAuth(Enum):
    """How client certificates are checked; UNVERIFIED is not supported by Python's ssl."""

    NONE = auto()
    IF_GIVEN = auto()
    REQUIRED = auto()
    UNVERIFIED = auto()


CLIENT_AUTH: Final[Mapping[str, ClientAuth | None]] = {
    "": None,
    "NoClientCert": ClientAuth.NONE,
    "RequestClientCert": ClientAuth.NONE,  # requested, not verified and not required
    "VerifyClientCertIfGiven": ClientAuth.IF_GIVEN,
    "RequireAndVerifyClientCert": ClientAuth.REQUIRED,
    "RequireAnyClientCert": ClientAuth.UNVERIFIED,
    "RequireClientCert": ClientAuth.UNVERIFIED,
}
VERSIONS: Final = {
    "TLS13": TLSVersion.TLSv1_3,
    "TLS12": TLSVersion.TLSv1_2,
    "TLS11": TLSVersion.TLSv1_1,
    "TLS10": TLSVersion.TLSv1,
}
CURVES: Final = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
CIPHERS: Final = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "TLS_AES_128_GCM_SHA256": "",
    "TLS_AES_256_GCM_SHA384": "",
    "TLS_CHACHA20_POLY1305_SHA256": "",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
}
"""OpenSSL's names. Those of TLS 1.3 are empty: neither Go nor Python can select among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """The TLS settings of the file."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None
    client_auth: ClientAuth
    min_version: TLSVersion
    max_version: TLSVersion
    ciphers: tuple[str, ...]
    curves: tuple[str, ...]
    prefer_server_ciphers: bool

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.cert_file, self.key_file, *([self.client_ca_file] if self.client_ca_file else []))


class TlsError(BoksExporterError):
    """The setting `key` cannot be used; the package turns it into a Problem of a ConfigError."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


def context_of(tls: TlsSettings) -> ssl.SSLContext:
    """Build a server context; raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _set_versions(context, tls)
    _set_ciphers(context, tls)
    if tls.curves:
        # Python's ssl sets one curve only: the first.
        context.set_ecdh_curve(tls.curves[0])
    _load_certificate(context, tls)
    _ask_clients(context, tls)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _set_versions(context: ssl.SSLContext, tls: TlsSettings) -> None:
    with warnings.catch_warnings():
        # Versions before 1.2 are deprecated, but the file asks for one explicitly.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = tls.min_version, tls.max_version


def _set_ciphers(context: ssl.SSLContext, tls: TlsSettings) -> None:
    chosen = [name for name in tls.ciphers if name]
    if tls.ciphers and not chosen:
        context.minimum_version = TLSVersion.TLSv1_3
    is_old = tls.min_version < TLSVersion.TLSv1_2
    if chosen or is_old:
        # OpenSSL 3 supports TLS 1.0 and 1.1 at security level 0 only.
        context.set_ciphers(":".join(chosen or ["DEFAULT"]) + ("@SECLEVEL=0" if is_old else ""))
    if not tls.prefer_server_ciphers:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE


def _load_certificate(context: ssl.SSLContext, tls: TlsSettings) -> None:
    _expect_pem(_CERT, tls.cert_file, "CERTIFICATE")
    _expect_pem(_KEY, tls.key_file, "PRIVATE KEY")
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=_refuse_encrypted)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError(_KEY, "is not the key of cert_file") from error
        raise TlsError(_CERT, f"cannot be used with key_file{_why(error)}") from error


def _refuse_encrypted() -> NoReturn:
    """Refuse an encrypted key; OpenSSL would otherwise prompt on the terminal."""
    raise TlsError(_KEY, "is encrypted; expected a key without a passphrase, readable by this user only")


def _expect_pem(key: str, file: Path, label: str) -> None:
    try:
        content = read_regular(file)
    except OSError as error:
        raise TlsError(key, f"{file} cannot be read: {error.strerror}") from error
    if f"{label}-----".encode() not in content:
        raise TlsError(key, f"expected a {label.lower()} in PEM form in {file}")


def _ask_clients(context: ssl.SSLContext, tls: TlsSettings) -> None:
    if tls.client_auth is ClientAuth.NONE:
        return
    context.verify_mode = ssl.CERT_REQUIRED if tls.client_auth is ClientAuth.REQUIRED else ssl.CERT_OPTIONAL
    if tls.client_ca_file is None:
        context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
        return
    _expect_pem(_CLIENT_CA, tls.client_ca_file, "CERTIFICATE")
    try:
        context.load_verify_locations(tls.client_ca_file)
    except ssl.SSLError as error:
        raise TlsError(_CLIENT_CA, f"cannot be used{_why(error)}") from error


def _why(error: ssl.SSLError) -> str:
    """Format OpenSSL's reason, such as EE_KEY_TOO_SMALL, if it has one."""
    return f": {error.reason}" if error.reason else "; it is damaged"
