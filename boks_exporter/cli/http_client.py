"""HTTP client for the status report of a running exporter."""

import base64
import socket
import ssl
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import click

from boks_exporter.errors import ParseError
from boks_exporter.report import EventReport, StatusReport, read_events, read_report
from boks_exporter.text.harmless import harmless

_PATH: Final = "/api/v1/status"
_EVENTS_PATH: Final = "/api/v1/events"
_CHUNK: Final = 65536
_MAX_BYTES: Final = 256 * 1024 * 1024
_MAX_EXCERPT: Final = 200


@dataclass(frozen=True, kw_only=True)
class Access:
    """Address and credentials of an exporter."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    insecure_ignore_certificate: bool = False


class ExporterError(click.ClickException):
    """The exporter could not be reached, or its answer is not a status report."""


@dataclass(frozen=True, slots=True)
class FetchedReport:
    """A report, and the time by the exporter's clock when it answered; None if the answer has no valid date."""

    report: StatusReport
    answered_at: float | None


def fetch_report(access: Access, timeout_seconds: float) -> FetchedReport:
    """Fetch the report, without redirects or proxies. Raises ExporterError."""
    parts = _checked(access.url)
    body, date = _fetch(access, parts, timeout_seconds)
    try:
        return FetchedReport(read_report(body), _timestamp(date))
    except ParseError as error:
        raise ExporterError(f"{access.url} answered, but not with a status report: {error}") from error


def fetch_events(access: Access, timeout_seconds: float, since: float) -> list[EventReport]:
    """Fetch the changes after a time, oldest first. Raises ExporterError."""
    body, _ = _fetch(access, _checked(access.url), timeout_seconds, f"{_EVENTS_PATH}?since={since!r}")
    try:
        return read_events(body)
    except ParseError as error:
        raise ExporterError(f"{access.url} answered, but not with a list of changes: {error}") from error


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_fits = parts.port != 0
    except ValueError:
        parts, port_fits = SplitResult("", "", "", "", ""), False
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_fits or parts.query or parts.fragment:
        raise click.UsageError(f"--url: expected a URL such as http://monitor:16500, found {url!r}")
    if parts.username or parts.password:
        raise click.UsageError("--url: expected a URL without user and password; use --username and --password-file")
    return parts


def _fetch(access: Access, parts: SplitResult, timeout_seconds: float, api: str = _PATH) -> tuple[bytes, str]:
    connection = _connection(access, parts, timeout_seconds)
    try:
        response, body = _exchange(connection, _path(parts, api), _headers(access), timeout_seconds)
    except TimeoutError as error:
        raise ExporterError(f"{access.url}: no complete answer within {timeout_seconds:g} s") from error
    except ssl.SSLCertVerificationError as error:
        message = f"{access.url}: its certificate is not trusted: {error.verify_message}; set --ca-file"
        raise ExporterError(message) from error
    except (OSError, HTTPException) as error:
        raise ExporterError(f"{access.url}: {_describe(error)}") from error
    if response.status != HTTPStatus.OK:
        raise ExporterError(f"{access.url}: {_refusal(response, body, access, api.partition('?')[0])}")
    return body, response.getheader("Date", "")


def _exchange(
    connection: HTTPConnection, path: str, headers: dict[str, str], timeout_seconds: float
) -> tuple[HTTPResponse, bytes]:
    """Ask in a thread: a name server that is silent, or a server that sends a byte now and then, blocks it for long."""
    answer: Future[tuple[HTTPResponse, bytes]] = Future()

    def ask() -> None:
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            answer.set_result((response, _read(response)))
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            answer.set_exception(error)
        finally:
            connection.close()

    threading.Thread(target=ask, name="ask exporter", daemon=True).start()
    try:
        return answer.result(timeout_seconds)
    except TimeoutError:
        if connection.sock:
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # ends the thread, also below TLS
        raise


def _timestamp(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        # HTTP's form without a zone (asctime) is in UTC, too.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _path(parts: SplitResult, api: str) -> str:
    return parts.path.rstrip("/").removesuffix(_PATH) + api


def _headers(access: Access) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": "boks-exporter"}
    if access.username is not None:
        pair = f"{access.username}:{access.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _connection(access: Access, parts: SplitResult, timeout_seconds: float) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=timeout_seconds)
    return HTTPSConnection(host, parts.port, timeout=timeout_seconds, context=_tls(access))


def _tls(access: Access) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=access.ca_file)
        if access.client_certificate:
            context.load_cert_chain(access.client_certificate, access.client_key, password=_no_password)
    except (OSError, ValueError) as error:
        raise ExporterError(f"--ca-file, --client-certificate or --client-key cannot be used: {error}") from error
    if access.insecure_ignore_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _no_password() -> str:
    """Prevent OpenSSL from prompting on the terminal."""
    raise ValueError("the key has a passphrase; expected a key without one")


def _read(response: HTTPResponse) -> bytes:
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > _MAX_BYTES:
            raise HTTPException(f"the answer is larger than {_MAX_BYTES} bytes")
    if response.length:  # read1 treats a broken connection as the end
        raise HTTPException(f"the answer is incomplete; {response.length} bytes are missing")
    return bytes(body)


def _describe(error: OSError | HTTPException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused; check that the exporter is running and listens on this address"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def _refusal(response: HTTPResponse, body: bytes, access: Access, api: str) -> str:
    """Describe a status other than 200 and what to do."""
    excerpt = harmless(body[:_MAX_EXCERPT].decode(errors="replace")).strip()
    match response.status:
        case HTTPStatus.UNAUTHORIZED if access.username is None:
            return "it requires a user and password: use --username and --password-file"
        case HTTPStatus.UNAUTHORIZED:
            return "it rejects this user and password"
        case HTTPStatus.NOT_FOUND:
            older = ", or the exporter is older" if api != _PATH else ""
            return f"found nothing at {api}; check the route prefix in the URL{older}"
        case status if response.getheader("Location"):
            return f"HTTP {status}, it redirects to {harmless(response.getheader('Location', ''))}"
        case status:
            return f"HTTP {status}" + (f": {excerpt}" if excerpt else "")
