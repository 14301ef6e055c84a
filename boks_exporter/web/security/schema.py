"""Pydantic models of the web configuration file: exporter-toolkit's schema, with unknown keys as errors."""

import re
from collections.abc import Mapping
from pathlib import Path
from ssl import TLSVersion
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from boks_exporter.config.field_types import file_path, one_of
from boks_exporter.web.security.tls import CIPHERS, CLIENT_AUTH, CURVES, VERSIONS, ClientAuth

_BOOLEANS: Final = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
"""Words that exporter-toolkit's YAML 1.1 reads as booleans, in addition to true and false."""

_BCRYPT: Final = re.compile(r"\$2[abxy]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")


def _word(meanings: Mapping[str, Any]) -> tuple[BeforeValidator, WithJsonSchema]:
    """Accept the names of a closed set and return their meaning."""
    return BeforeValidator(one_of(meanings)), WithJsonSchema({"type": "string", "enum": list(meanings)})


def _unsupported(remedy: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """Refuse a key of newer exporter-toolkits, which must not be called unknown."""

    def refuse(_: object) -> None:
        raise ValueError(f"is not supported{remedy}")

    return BeforeValidator(refuse), WithJsonSchema({"not": {}})


def _file(value: object) -> Path | None:
    """Read a path; an empty text stands for none."""
    return file_path(value) if value != "" else None


def _boolean(value: object) -> object:
    return _BOOLEANS.get(value, value) if isinstance(value, str) else value


def _names(value: object) -> object:
    """Ignore empty entries of a list, as exporter-toolkit does."""
    return [item for item in value if item is not None] if isinstance(value, list) else value


def _header(value: object) -> object:
    """Read a header's value; null is an empty text, a number is a text, and line breaks become spaces."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        value = "" if value is None else str(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _users(value: object) -> dict[str, bytes]:
    """Validate the mapping itself: no value below is shown, since it may be a password."""
    if not isinstance(value, dict):
        message = "expected a mapping of user names to bcrypt hashes"
        raise ValueError(message)  # noqa: TRY004 - pydantic converts ValueError only
    return value


def _bcrypt_hash(value: object) -> bytes:
    if not isinstance(value, str) or not _BCRYPT.fullmatch(value):
        raise ValueError("expected a bcrypt hash of 60 characters such as htpasswd -nBC 10 prints it")
    return value.encode()


File = Annotated[Path | None, BeforeValidator(_file), WithJsonSchema({"type": "string"})]
Boolean = Annotated[bool, BeforeValidator(_boolean)]
Version = Annotated[TLSVersion, *_word(VERSIONS)]
ClientCertificates = Annotated[ClientAuth | None, *_word(CLIENT_AUTH)]
CipherNames = Annotated[tuple[Annotated[str, *_word(CIPHERS)], ...], BeforeValidator(_names), Field(strict=False)]
CurveNames = Annotated[tuple[Annotated[str, *_word(CURVES)], ...], BeforeValidator(_names), Field(strict=False)]
Header = Annotated[str | None, BeforeValidator(_header)]
FrameOptions = Annotated[str | None, BeforeValidator(one_of({"deny": "deny", "sameorigin": "sameorigin"}))]
ContentTypeOptions = Annotated[str | None, BeforeValidator(one_of({"nosniff": "nosniff"}))]
BcryptHash = Annotated[bytes, BeforeValidator(_bcrypt_hash), WithJsonSchema({"type": "string"})]


class _WebModel(BaseModel):
    """A mapping in which null stands for the default, as in exporter-toolkit."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class TlsModel(_WebModel):
    """TLS of the server; without any file and client authentication it is off."""

    cert_file: File = None
    key_file: File = None
    client_auth_type: ClientCertificates = None
    client_ca_file: File = None
    min_version: Version = TLSVersion.TLSv1_2
    max_version: Version = TLSVersion.TLSv1_3
    cipher_suites: CipherNames = ()
    curve_preferences: CurveNames = ()
    prefer_server_cipher_suites: Boolean = True
    cert: Annotated[None, *_unsupported("; write the certificate to a file and name it in cert_file")] = None
    key: Annotated[None, *_unsupported("; write the key to a file and name it in key_file")] = None
    client_ca: Annotated[None, *_unsupported("; write the certificates to a file, named in client_ca_file")] = None
    client_allowed_sans: Annotated[None, *_unsupported("; use a certification authority for the clients only")] = None


class HeadersModel(BaseModel):
    """Headers of every answer."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    strict_transport_security: Header = Field(default=None, alias="Strict-Transport-Security")
    x_content_type_options: ContentTypeOptions = Field(default=None, alias="X-Content-Type-Options")
    x_frame_options: FrameOptions = Field(default=None, alias="X-Frame-Options")
    x_xss_protection: Header = Field(default=None, alias="X-XSS-Protection")
    content_security_policy: Header = Field(default=None, alias="Content-Security-Policy")


class HttpModel(_WebModel):
    """HTTP settings; HTTP/1.1 is used whatever `http2` is."""

    http2: Boolean = True
    headers: HeadersModel = HeadersModel()


class WebConfigModel(_WebModel):
    """The whole file."""

    tls_server_config: TlsModel = TlsModel()
    http_server_config: HttpModel = HttpModel()
    rate_limit: Annotated[None, *_unsupported("")] = None
    basic_auth_users: Annotated[dict[str, BcryptHash], BeforeValidator(_users)] = {}
