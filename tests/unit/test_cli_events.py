"""`events`, against the API of a server on loopback and of the real one."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.exposition.events import event_document
from boks_exporter.health import StateChange
from boks_exporter.report import read_events

EVENTS: list[dict[str, Any]] = [
    {
        "timestamp_seconds": 1_700_000_000.0 + at,
        "event": event,
        "domain": "prod",
        "host": host,
        "was": was,
        "state": state,
        "reason": reason,
    }
    for at, (event, host, was, state, reason) in enumerate(
        [
            ("host_state_changed", "replica1", None, "ok", "listed as OK, nothing ahead"),
            ("masters_changed", None, "master1", "", "no host reports to be master"),
            ("host_state_changed", "replica2", "ok", "down", "listed as \x1b[2JDOWN"),
        ]
    )
]


class Api(ThreadingHTTPServer):
    """Answer with the changes after `since`; later ones are there from the second request on."""

    asked: list[str]
    body: bytes | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        since = float(parse_qs(urlsplit(self.path).query)["since"][0])
        body = json.dumps({"events": [event for event in EVENTS if event["timestamp_seconds"] > since]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.body or body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


AGES = ["--since", "1h"]


@pytest.fixture(autouse=True)
def soon_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock to a minute and a half after the first change."""
    monkeypatch.setattr("time.time", lambda: 1_700_000_090.0)


def test_every_change_is_a_line(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Time, domain, host, the state before and after, and the reason, without a host's escapes."""
    assert run(["events", "--url", api.url, *AGES]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2023-11-14 22:13:20 UTC  prod replica1  first seen -> ok: listed as OK, nothing ahead",
        "2023-11-14 22:13:21 UTC  prod  master master1 -> none: no host reports to be master",
        "2023-11-14 22:13:22 UTC  prod replica2  ok -> down: listed as  [2JDOWN",
    ]
    assert api.asked[0].startswith("/api/v1/events?since=")


@pytest.mark.parametrize(
    ("words", "number"),
    [(["--host", "replica2"], 1), (["--domain", "other"], 0), (["--domain", "prod"], 3), (["--since", "80s"], 0)],
)
def test_changes_can_be_chosen(api: Api, capsys: pytest.CaptureFixture[str], words: list[str], number: int) -> None:
    assert run(["events", "--url", f"{api.url}/", *AGES, *words]) == 0
    assert len(capsys.readouterr().out.splitlines()) == number


def test_json_is_one_object_on_each_line(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["events", "--url", api.url, *AGES, "--output", "json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == EVENTS


def test_follow_asks_for_what_is_newer(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No change is shown twice; an interruption ends it."""

    def interrupted(_: float) -> None:
        if len(api.asked) > 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    assert run(["events", "--url", api.url, *AGES, "--follow"]) == 130
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert [path.endswith("since=1700000002.0") for path in api.asked] == [False, True, True]


def test_what_the_exporter_writes_is_read() -> None:
    """The document of the API has the shape that the client requires."""
    changes = [StateChange(1.5, "masters_changed", None, None, "m1", ""), StateChange(2.0, "x", "h", "a", "b", "c")]
    documents = [event_document("prod", change) for change in changes]
    assert read_events(json.dumps({"events": documents, "more": 1})) == documents


def test_a_poll_knows_no_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["events", "--config.file", "/nowhere.yaml"]) == 2
    assert "--url: expected" in capsys.readouterr().err


@pytest.mark.parametrize("body", [b"{}", b'{"events": [{"domain": 1}]}', b"<html>"])
def test_another_answer_is_named(api: Api, capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    api.body = body
    assert run(["events", "--url", api.url]) == 1
    assert "not with a list of changes" in capsys.readouterr().err
