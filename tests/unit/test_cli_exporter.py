"""Asking a running exporter, against a server on loopback that answers as it is told."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import click
import pytest

from boks_exporter.cli.http_client import Access, ExporterError, fetch_report
from boks_exporter.cli.root_command import run
from tests.unit.cli_reports import SEEN_AT, domain, host, report

REPORT = report(domain(host()), domain(name="test"))


class Exporter(ThreadingHTTPServer):
    """Answer every request with what is set."""

    status = 200
    body = json.dumps(REPORT).encode()
    headers: dict[str, str] = {}  # noqa: RUF012 - replaced, never changed
    asked: list[tuple[str, str | None]]
    clock: float | None = None
    """What the answer's date shows; None for the real time."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Exporter

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.server.clock if timestamp is None else timestamp)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exporter]:
    for variable in ("URL", "USERNAME", "PASSWORD", "PASSWORD_FILE", "CONFIG_FILE"):
        monkeypatch.delenv(f"BOKS_EXPORTER_{variable}", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server = Exporter(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def refused(exporter: Exporter, **access: Any) -> str:
    with pytest.raises(ExporterError) as caught:
        fetch_report(Access(url=exporter.url, **access), 5)
    return caught.value.message.replace(exporter.url, "URL")


def test_the_report_is_fetched_directly(exporter: Exporter) -> None:
    """No proxy of the environment is used, and no credentials are sent unless given."""
    assert fetch_report(Access(url=exporter.url), 5).report == REPORT
    assert exporter.asked == [("/api/v1/status", None)]


@pytest.mark.parametrize("path", ["/boks", "/boks/", "/boks/api/v1/status"])
def test_the_url_may_have_a_prefix(exporter: Exporter, path: str) -> None:
    """The exporter's own path is added unless it is there."""
    fetch_report(Access(url=exporter.url + path), 5)

    assert exporter.asked == [("/boks/api/v1/status", None)]


def test_user_and_password_are_sent(exporter: Exporter, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The password comes from the first line of a file, and shows nowhere."""
    file = tmp_path / "password"
    file.write_text("s3cret: ü\nmore\n", encoding="utf-8")

    assert run(["status", "--url", exporter.url, "--username", "ops", "--password-file", str(file)]) == 0

    assert exporter.asked[0][1] == "Basic " + base64.b64encode("ops:s3cret: ü".encode()).decode()
    assert "s3cret" not in "".join(capsys.readouterr())
    assert "s3cret" not in repr(Access(url="", username="ops", password="s3cret"))


def test_the_password_may_be_in_the_environment(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin gets it from its monitoring system that way."""
    monkeypatch.setenv("BOKS_EXPORTER_USERNAME", "ops")
    monkeypatch.setenv("BOKS_EXPORTER_PASSWORD", "word")
    monkeypatch.setenv("BOKS_EXPORTER_URL", exporter.url)

    assert run(["status"]) == 0
    assert exporter.asked[0][1] == "Basic " + base64.b64encode(b"ops:word").decode()


def test_a_named_file_wins_over_a_url_of_the_environment(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed counts."""
    monkeypatch.setenv("BOKS_EXPORTER_URL", exporter.url)

    assert run(["status", "--config.file", "/nonexistent.yaml"]) == 1
    assert exporter.asked == []


def test_one_domain_can_be_asked_for(exporter: Exporter, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are left out; one that is not there is an error that names those that are."""
    assert run(["status", "--url", exporter.url, "--domain", "test", "--output", "json"]) == 0
    assert [found["domain"] for found in json.loads(capsys.readouterr().out)["domains"]] == ["test"]

    assert run(["status", "--url", exporter.url, "--domain", "none"]) == 2
    assert (
        f"Error: --domain: no domain none in {exporter.url}; expected one of: prod, test\n" in capsys.readouterr().err
    )


def test_before_the_first_round_there_is_nothing_to_show(
    exporter: Exporter, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty report is said to be one; to a monitoring system it is unknown."""
    exporter.body = b'{"domains": []}'

    assert run(["status", "--url", exporter.url]) == 0
    assert capsys.readouterr().out == "no domain has been polled yet\n"
    assert run(["check", "--url", exporter.url]) == 3
    assert capsys.readouterr().out.startswith("BOKS UNKNOWN - no domain has been polled yet")


def test_an_old_report_is_unknown(exporter: Exporter, capsys: pytest.CaptureFixture[str]) -> None:
    """By the exporter's clock the last round is longer ago than allowed: its poll loop has stopped."""
    exporter.clock = SEEN_AT + 301
    assert run(["check", "--url", exporter.url]) == 3
    assert capsys.readouterr().out.startswith("BOKS UNKNOWN - prod: the last round is 5 min 1 s old")
    assert run(["check", "--url", exporter.url, "--max-age", "6m"]) == 0


@pytest.mark.parametrize("difference", [-3600, 0, 3600], ids=["behind", "equal", "ahead"])
def test_the_plugins_own_clock_does_not_matter(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch, difference: int
) -> None:
    """The report is as old as the exporter's clock says, whatever time the plugin's machine has."""
    monkeypatch.setattr(time, "time", lambda: SEEN_AT + difference)
    exporter.clock = SEEN_AT + 20
    assert run(["check", "--url", exporter.url]) == 0
    exporter.clock = SEEN_AT + 3620
    assert run(["check", "--url", exporter.url]) == 3


def test_a_date_without_a_zone_is_in_utc(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP's oldest form (asctime), which receivers must understand."""
    monkeypatch.setattr(Handler, "date_time_string", lambda *_: "Sun Nov  6 08:49:37 1994")
    assert fetch_report(Access(url=exporter.url), 5).answered_at == 784111777.0


def test_a_report_from_the_future_is_unknown(exporter: Exporter, capsys: pytest.CaptureFixture[str]) -> None:
    """The exporter's clock was set back, and no round has ended since: a stopped loop would look like this, too."""
    exporter.clock = SEEN_AT - 3600
    assert run(["check", "--url", exporter.url]) == 3
    assert "prod: the last round is 1 h 0 min in the future" in capsys.readouterr().out
    exporter.clock = SEEN_AT - 59
    assert run(["check", "--url", exporter.url]) == 0


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Thu, 99 Foo 2026 00:00:00 GMT", "1700000000", "Sun, 06 Nov 99999999999 08:49:37 GMT"]
)
def test_an_answer_without_a_valid_date_is_measured_by_the_own_clock(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch, date: str
) -> None:
    """Some proxies remove the date."""
    monkeypatch.setattr(Handler, "date_time_string", lambda *_: date)
    fetched = fetch_report(Access(url=exporter.url), 5)
    assert fetched.answered_at is None
    assert run(["check", "--url", exporter.url]) == 3
    assert run(["check", "--url", exporter.url, "--max-age", "365d"]) == 3


@pytest.mark.parametrize(
    ("status", "headers", "body", "message"),
    [
        (401, {}, b"", "URL: it requires a user and password: use --username and --password-file"),
        (404, {}, b"", "URL: found nothing at /api/v1/status; check the route prefix in the URL"),
        (302, {"Location": "https://x/"}, b"", "URL: HTTP 302, it redirects to https://x/"),
        (503, {}, b"the first round is\nnot over", "URL: HTTP 503: the first round is not over"),
        (500, {}, b"", "URL: HTTP 500"),
        (
            200,
            {},
            b"<html>",
            "URL answered, but not with a status report: line 1, column 1: expected JSON, found '<html>'",
        ),
        (
            200,
            {},
            b"{}",
            (
                "URL answered, but not with a status report: "
                "line 1, column 1: expected the answer.domains, found no such key"
            ),
        ),
    ],
)
def test_every_other_answer_shows_what_to_do(
    exporter: Exporter, status: int, headers: dict[str, str], body: bytes, message: str
) -> None:
    """No redirect is followed: it could carry the password elsewhere."""
    exporter.status, exporter.headers, exporter.body = status, headers, body

    assert refused(exporter) == message


def test_a_refused_password_is_reported(exporter: Exporter) -> None:
    """With a user given, 401 means something else."""
    exporter.status = 401

    assert refused(exporter, username="ops", password="x") == "URL: it rejects this user and password"


def test_another_protocol_is_reported(exporter: Exporter) -> None:
    """TLS where the exporter speaks none ends with the reason of the TLS library."""
    url = exporter.url.replace("http", "https")

    with pytest.raises(ExporterError, match=r"^https://.*: "):
        fetch_report(Access(url=url), 5)


def test_an_answer_that_is_cut_off_is_reported(exporter: Exporter) -> None:
    """Half a report is no report."""
    exporter.headers = {"Content-Length": str(len(exporter.body) + 10)}

    assert refused(exporter) == "URL: the answer is incomplete; 10 bytes are missing"


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"]
)
def test_an_answer_that_comes_byte_by_byte_ends_at_the_deadline(beginning: bytes) -> None:
    """Wherever it slows down: every byte would be in time, the whole answer is not."""

    def drip() -> None:
        accepted, _ = listening.accept()
        with accepted, suppress(OSError):
            accepted.sendall(beginning)
            for _ in range(1500):
                time.sleep(0.02)
                accepted.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip)
        thread.start()
        with pytest.raises(ExporterError, match="no complete answer within"):
            fetch_report(Access(url=f"http://127.0.0.1:{listening.getsockname()[1]}"), 0.3)
        thread.join()


@pytest.mark.parametrize(
    "url", ["monitor:16500", "http://", "http://x:0", "http://x:99999", "http://[x", "http://x?a=b"]
)
def test_what_is_no_url_is_wrong_usage(url: str) -> None:
    """The message has an example."""
    with pytest.raises(click.UsageError, match="expected a URL such as http://monitor:16500, found"):
        fetch_report(Access(url=url), 5)


def test_a_name_that_does_not_exist_is_reported() -> None:
    """The resolver's own words are kept."""
    with pytest.raises(ExporterError, match=r"^http://no-such-host\.invalid: "):
        fetch_report(Access(url="http://no-such-host.invalid"), 5)


def test_files_for_tls_that_cannot_be_used_are_reported(tmp_path: Path) -> None:
    """A wrong path is not taken for a wrong certificate."""
    with pytest.raises(ExporterError, match="--ca-file, --client-certificate or --client-key cannot be used: "):
        fetch_report(Access(url="https://127.0.0.1:1", ca_file=tmp_path / "none.pem"), 5)


def test_a_password_file_that_is_not_there_is_reported(exporter: Exporter, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asked without the password that was meant."""
    assert run(["status", "--url", exporter.url, "--username", "ops", "--password-file", "/nonexistent"]) == 1

    assert capsys.readouterr().err == "Error: --password-file /nonexistent cannot be read: No such file or directory\n"
    assert exporter.asked == []
