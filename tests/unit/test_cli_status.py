"""`boks-exporter status`: the table and the JSON."""

import json
from pathlib import Path

import jsonschema
import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.cli.status_rows import footers, headline, rows
from boks_exporter.cli.status_table import old_gates, show
from tests.unit.cli_replays import published, write
from tests.unit.cli_reports import SEEN_AT, domain, host, report
from tests.unit.terminals import terminal

SCHEMA = Path(__file__).parents[2] / "docs" / "status.schema.json"


def test_the_table_shows_every_host(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe each host is one line of plain text, and the domain's headline says what is the matter."""
    config = write(tmp_path, published())
    assert run(["status", "--config.file", str(config)]) == 0

    *lines, seen, following = capsys.readouterr().out.splitlines()
    assert lines == [
        "prod: degraded - REPHOST is down",
        "STATE  HOST      SITE       ROLE     LAG  AHEAD  LAST PACKET  REASON",
        (
            "down   REPHOST   Utrecht    replica  0    0      2 min 59 s   "
            "the master lists it as DOWN, though it answers; last packet 2 min 59 s before"
        ),
        "ok     MASTER    Amsterdam  master                            is the master",
        "ok     REPHOST2  Utrecht    replica  0    0      49 s         listed as OK, nothing ahead",
        "ok     REPHOST3  Amsterdam  replica  0    0      49 s         listed as OK, nothing ahead",
        "ok     REPHOST4  Amsterdam  replica  0    0      49 s         listed as OK, nothing ahead",
        "ok     REPHOST5  Amsterdam  replica  0    0      49 s         listed as OK, nothing ahead",
        "site Utrecht: 1 of 2 replicas ok",
        "cannot read '...' (sequence of MASTER, REPHOST5, REPHOST4 and 3 more)",
    ]
    assert seen.startswith("polled ")
    assert seen.endswith(" UTC")
    assert following == f"next: boks-exporter diagnose REPHOST --config.file {config}"


def test_what_is_not_known_is_a_question_mark() -> None:
    """Absent is not zero, and a master has no lag at all."""
    silent = host(
        "b", "unreachable", role="unknown", lag_sequences=None, ahead_sequences=None, last_packet_timestamp_seconds=None
    )

    cells = [row.cells for row in rows(domain(host("a", lag_sequences=12, lag_seconds=75.0), silent))]

    assert [(cell["LAG"], cell["AHEAD"], cell["LAST PACKET"]) for cell in cells] == [
        ("?", "?", "?"),
        ("12, 1 min 15 s", "0", "49 s"),
        ("", "", ""),
    ]


def test_both_ends_of_a_bound_are_shown_where_they_differ() -> None:
    busy = host("a", lag_possible_sequences=3, ahead_possible_sequences=2)
    sure = host("b", lag_possible_sequences=0, ahead_possible_sequences=0)

    cells = [row.cells for row in rows(domain(busy, sure))][:2]

    assert [(cell["LAG"], cell["AHEAD"]) for cell in cells] == [("0-3", "0-2"), ("0", "0")]


def test_what_belongs_to_no_host_is_below() -> None:
    """Unresolved names, sites without redundancy, and the time of the round."""
    groups = [
        {"name": "Utrecht", "verdict": "site-without-replica", "replicas": 2, "replicas_ok": 0},
        {"name": "Amsterdam", "verdict": "ok", "replicas": 2, "replicas_ok": 2},
    ]
    sections = [{"name": "core", "verdict": "site-without-spare", "replicas": 3, "replicas_ok": 1}]

    assert list(footers(domain(unresolved=["x", "y"], sites=groups, sections=sections))) == [
        "listed by the master, but not configured: x, y",
        "site Utrecht: 0 of 2 replicas ok",
        "section core: 1 of 3 replicas ok",
        "polled 2023-11-14 22:13:20 UTC",
    ]


def test_many_unresolved_names_are_counted() -> None:
    """A master that lists ten thousand names fills no screen; how many they are is not lost."""
    first = next(iter(footers(domain(unresolved=[f"R{number}" for number in range(10_000)]))))

    assert len(first) < 300
    assert first.endswith("9980 more")


def test_who_works_where_is_below() -> None:
    """With host, end, owner and reason; what cannot be read is not taken for nothing."""
    window = {
        "host": "replica1",
        "started_timestamp_seconds": SEEN_AT - 60.0,
        "until_timestamp_seconds": SEEN_AT + 7200.0,
        "owner": "anna on ops7",
        "reason": "new\x1b[2J disks",
        "run": None,
    }
    assert next(iter(footers(domain(maintenance=[window])))) == (
        "replica1 is under maintenance until 2023-11-15 00:13:20 UTC, anna on ops7: new [2J disks"
    )
    assert "maintenance is unknown: the failover journal cannot be read" in footers(domain(maintenance=None))


def test_gates_older_than_our_own_are_named_with_their_hosts() -> None:
    """One line for each version, short however many hosts; what is newer, odd or not known is passed over."""
    versions = ["0.9.0", "1.0.0", "1.0", "1.10.0", "replay", None, "0.9.0"]
    hosts = [host(f"replica{at}", gate_version=version) for at, version in enumerate(versions)]
    assert list(old_gates(domain(*hosts), "1.0.0")) == [
        "gate 0.9.0 on replica0, replica6 is older than 1.0.0; see `boks-exporter gate install`",
        "gate 1.0 on replica2 is older than 1.0.0; see `boks-exporter gate install`",
    ]
    assert list(old_gates(domain(*hosts), "a working copy")) == []


def test_texts_of_hosts_cannot_play_with_the_terminal() -> None:
    """Escape sequences, line breaks and reversed text become blanks."""
    row = list(rows(domain(host(reason="\x1b[2Jred\r\nnext\u202eline"))))[1]

    assert row.cells["REASON"] == " [2Jred next line"
    assert headline(domain(reason="a\nb")) == "prod: ok - a b"


def test_a_terminal_shows_states_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red for faults, green for what is ok."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    with terminal(monkeypatch, 140) as lines:
        show(report(domain(host("a"), host("b", "down"))))

    assert "\x1b[1;31m■ down" in lines[2]
    assert "\x1b[32m✓ ok" in lines[3]


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR the table is the same, without escape sequences."""
    monkeypatch.setenv("NO_COLOR", "1")
    with terminal(monkeypatch, 140) as lines:
        show(report(domain(host("b", "down"))))

    assert not any("\x1b" in line for line in lines)


def test_a_narrow_terminal_has_the_reasons_below(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of single words would be unreadable; reasons of hosts that are ok are left out."""
    monkeypatch.setenv("NO_COLOR", "1")
    with terminal(monkeypatch, 80) as lines:
        show(report(domain(host("a", site="delft"), host("b", "down"))))

    assert [line.rstrip() for line in lines] == [
        "prod: ok - master1 is master, 2 replicas are ok",
        "STATE   HOST     SITE   ROLE     LAG  AHEAD  LAST PACKET",
        "■ down  b               replica  0    0      49 s",
        "✓ ok    a        delft  replica  0    0      49 s",
        "✓ ok    master1         master",
        "b: the reason why it is down",
        "polled 2023-11-14 22:13:20 UTC",
        "next: boks-exporter diagnose b",
    ]


def test_the_json_has_the_documented_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON fits the schema that is shipped, and the keys that were promised first stand first."""
    assert run(["status", "--output", "json", "--config.file", str(write(tmp_path, published()))]) == 0

    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(found)
    prod = found["domains"][0]
    assert list(prod)[:5] == ["domain", "masters", "state", "reason", "hosts"]
    assert list(prod["hosts"][0])[:8] == [
        "host",
        "role",
        "state",
        "reason",
        "lag_sequences",
        "ahead_sequences",
        "lag_seconds",
        "tables",
    ]
    assert (prod["masters"], prod["state"]) == (["MASTER"], "degraded")
    assert prod["hosts"][0]["tables"]["T7"]["lag"] is None
    assert prod["hosts"][1]["tables"]["T7"] == {
        "sequence": 5053,
        "lag": 0,
        "ahead": 0,
        "lag_possible": 0,
        "ahead_possible": 0,
    }


def test_the_schema_refuses_what_is_no_report() -> None:
    """A key that is missing, or zero words where null belongs, does not fit."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    healthy = report(domain(host()))
    assert validator.is_valid(healthy)

    assert not validator.is_valid(report(domain(host(lag_sequences="unknown"))))
    assert not validator.is_valid({"domains": [{"domain": "prod"}]})


def test_several_domains_have_a_table_each(capsys: pytest.CaptureFixture[str]) -> None:
    """A blank line parts them."""
    show(report(domain(name="one"), domain(name="two")))

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(("one", "two"))] == [
        "one: ok - master1 is master, 0 replicas are ok",
        "two: ok - master1 is master, 0 replicas are ok",
    ]
    assert lines[4] == ""


def test_a_missing_configuration_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """Errors go to standard error with the reason, and the code is 1."""
    assert run(["status", "--config.file", "/nonexistent.yaml"]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "/nonexistent.yaml: cannot be read: No such file or directory; name another file with --config"
    )
