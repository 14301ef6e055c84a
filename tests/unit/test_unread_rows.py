"""No OK without data: rows of a recorded domain that cannot be read, from the raw text to the verdict."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.cli.root_command import run
from tests.unit.cli_replays import PUBLISHED_SEQUENCE, healthy, with_sequence, write

T9 = "T9 13178d 11:05:23 7919 (7919)"
HIDDEN = "T9 13178d 11:05:23 1919 (1919)"
REPHOST3 = "REPHOST3 00:49 04:50 726768 OK"

Report = Mapping[str, Any]


def judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], recording: Any, *, more: str = "", ignore: str = ""
) -> Report:
    """Poll a recording once; returns the only domain of the JSON report."""
    config = write(tmp_path, recording, more=more)
    if ignore:
        rule = json.dumps({"pattern": ignore, "reason": "known here"})
        config.write_text(f"parsing: {{ignore_lines: [{rule}]}}\n{config.read_text()}")
    run(["status", "--config.file", str(config), "--output", "json"])
    domain: Report
    (domain,) = json.loads(capsys.readouterr().out)["domains"]
    return domain


def host(domain: Report, name: str = "REPHOST3") -> Report:
    found: Report = next(each for each in domain["hosts"] if each["host"] == name)
    return found


UNREADABLE = {
    "a word after the parentheses": f"{HIDDEN} LOCKED",
    "digits grouped by commas": "T9 13178d 11:05:23 1,919 (1,919)",
    "digits grouped by dots": "T9 13178d 11:05:23 1.919 (1.919)",
    "digits grouped by blanks": "T9 13178d 11:05:23 1 919 (1 919)",
    "digits grouped outside of the parentheses": "T9 13178d 11:05:23 1 919 (1919)",
    "digits grouped by narrow blanks": "T9 13178d 11:05:23 1\u202f919 (1\u202f919)",
    "an asterisk at the end": f"{HIDDEN} *",
    "brackets": "T9 13178d 11:05:23 1919 [1919]",
    "no parentheses": "T9 13178d 11:05:23 1919",
    "a colon after the table": "T9: 13178d 11:05:23 1919 (1919)",
    "question marks": "?????",
    "a message in place of the row": "boksdiag: T9: cannot read, retrying",
    "a message without a table": "boksdiag: cannot read, retrying",
    "a blank within the table": "T 9 13178d 11:05:23 1919 (1919)",
    "the word table": "Table 9: 13178d 11:05:23 1919 (1919)",
    "no letter": "9 13178d 11:05:23 1919 (1919)",
    "a full-width letter": "\uff349 13178d 11:05:23 1919 (1919)",
    "full-width digits": "T\uff19 13178d 11:05:23 \uff11\uff19\uff11\uff19 (1919)",
    "Arabic digits": "T\u0669 13178d 11:05:23 1919 (1919)",
    "wrapped": "T9 13178d 11:05:23\n1919 (1919)",
    "wrapped within the number": "T9 13178d 11:05:23 19\n19 (1919)",
    "half a line": "T9 13178d 11:0",
    "nothing but the table": "T9",
    "hexadecimal": "T9 13178d 11:05:23 0x77f (0x77f)",
    "a sign": "T9 13178d 11:05:23 -1919 (-1919)",
    "an exponent": "T9 13178d 11:05:23 1.9e3 (1.9e3)",
    "more than 64 bits": f"T9 13178d 11:05:23 {'9' * 30} ({'9' * 30})",
    "a table with six digits": "T900000 13178d 11:05:23 1919 (1919)",
    "very long": f"T9 13178d 11:05:23 1919 ({'1919' * 25_000})",
    "an asterisk at the beginning": f"*{HIDDEN}",
    "quoted": f'"{HIDDEN}"',
    "semicolons": "T9;13178d;11:05:23;1919;(1919)",
    "localised": "T9 13178j 11h05 1919 (verrouill\u00e9)",
    "bytes": "T9 13178d 11:05:23 19\ufffd9 (1919)",
    "the row twice with different numbers": f"{T9}\n{HIDDEN}",
    "the row twice on one line": f"{T9} {HIDDEN}",
    "overwritten": f"{T9}\r{HIDDEN}",
    "the row again, unreadable": f"{T9}\n{HIDDEN} LOCKED",
    "a message after the row": f"{T9}\nboksdiag: T9: copy is incomplete",
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_a_replica_whose_row_cannot_be_read_is_unknown(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row may hide anything: no OK, no lag of 0, no promotion, and the reason shows the table and the line."""
    recording = healthy()
    recording["REPHOST3"]["sequence"] = PUBLISHED_SEQUENCE.replace(T9, line)

    domain = judged(tmp_path, capsys, recording)
    replica = host(domain)

    assert (domain["state"], replica["state"]) == ("unknown", "unknown"), replica["reason"]
    assert (replica["lag_sequences"], replica["ahead_sequences"], replica["lag_seconds"]) == (None, None, None)
    assert replica["promotable"] is not True
    assert "T9" in replica["reason"]
    assert line.splitlines()[-1].strip()[:10] in replica["reason"] or line.splitlines()[0][:10] in replica["reason"]
    assert {host(domain, name)["state"] for name in ("MASTER", "REPHOST2", "REPHOST4")} == {"ok"}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_no_replica_is_ok_below_a_row_of_the_master_that_cannot_be_read(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the master's number is not known, no replica's can be compared with it."""
    recording = healthy()
    recording["MASTER"]["sequence"] = PUBLISHED_SEQUENCE.replace(T9, line)

    domain = judged(tmp_path, capsys, recording)

    assert domain["state"] == "unknown"
    for replica in (host(domain, name) for name in recording if name != "MASTER"):
        assert (replica["state"], replica["lag_sequences"], replica["ahead_sequences"]) == ("unknown", None, None)
        assert replica["promotable"] is not True
        assert "T9" in replica["reason"]
        assert "MASTER" in replica["reason"]


def test_what_is_proven_in_another_table_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lead in a table that could be compared is a lead, whatever another table hides."""
    recording = healthy()
    recording["REPHOST3"]["sequence"] = with_sequence(PUBLISHED_SEQUENCE.replace(T9, f"{HIDDEN} LOCKED"), "T7", 5060)

    replica = host(judged(tmp_path, capsys, recording))

    assert (replica["state"], replica["ahead_sequences"], replica["lag_sequences"]) == ("ahead", 7, None)
    assert any("LOCKED" in sentence for sentence in replica["evidence"])


def test_a_stray_line_hides_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that names neither table nor host changes no verdict while every known row is there."""
    recording = healthy()
    for files in recording.values():
        files["sequence"] += "You have new mail.\n"
    recording["MASTER"]["list"] += "You have new mail.\n"

    assert judged(tmp_path, capsys, recording)["state"] == "ok"


def test_a_reply_without_any_table_is_never_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even if every server prints the same."""
    recording = healthy()
    for files in recording.values():
        files["sequence"] = "T7: 5053\nT9: 7919\n"

    domain = judged(tmp_path, capsys, recording)

    assert domain["state"] == "unknown"
    assert {each["state"] for each in domain["hosts"]} == {"unknown"}


@pytest.mark.parametrize("printed", ["", "\n{row}"], ids=["once", "twice"])
@pytest.mark.parametrize("where", ["REPHOST3", "MASTER", "everywhere"])
def test_a_single_row_without_parentheses_proves_no_number(
    where: str, printed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may have been cut from 79190: no other row of the reply shows that none has parentheses."""
    cut = "T9 13178d 11:05:23 7919"
    recording = healthy()
    for name, files in recording.items():
        files["sequence"] = (cut + printed.format(row=cut) if where in {name, "everywhere"} else T9) + "\n"

    domain = judged(tmp_path, capsys, recording)

    assert domain["state"] == "unknown"
    for name in recording if where == "everywhere" else (where,):
        assert host(domain, name)["state"] == "unknown"
        assert host(domain, name)["promotable"] is not True


def test_two_tables_without_parentheses_prove_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A release that prints no second number is read."""
    recording = healthy()
    for files in recording.values():
        files["sequence"] = "T7 13678d 8:33:46 5053\nT9 13178d 11:05:23 7919\n"

    assert judged(tmp_path, capsys, recording)["state"] == "ok"


LOCKED = f"{HIDDEN} LOCKED"


@pytest.mark.parametrize("where", ["REPHOST3", "MASTER", "everywhere"])
def test_an_ignored_row_leaves_its_table_out_of_the_comparison(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The site goes on with the other tables, and every affected host says what is left out and why."""
    recording = healthy()
    for name, files in recording.items():
        if where in {name, "everywhere"}:
            files["sequence"] = PUBLISHED_SEQUENCE.replace(T9, LOCKED)

    domain = judged(tmp_path, capsys, recording, ignore="T9 .* LOCKED")
    replica = host(domain)

    assert domain["state"] == "ok"
    assert (replica["lag_sequences"], replica["lag_seconds"], replica["missing_tables"]) == (0, 0.0, [])
    assert any("T9" in sentence and "known here" in sentence for sentence in replica["evidence"])


def test_what_is_ignored_hides_no_missing_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Below a line that is known to hide nothing, a table that is not there is missing."""
    recording = healthy()
    for name, files in recording.items():
        sequence = PUBLISHED_SEQUENCE.replace("...\n", "BoKS 6.7\n")
        files["sequence"] = sequence.replace(f"{T9}\n", "") if name == "REPHOST3" else sequence

    assert host(judged(tmp_path / "without", capsys, recording))["state"] == "unknown"
    assert host(judged(tmp_path / "with", capsys, recording, ignore=r"BoKS [\d.]+"))["state"] == "diverged"


def test_a_form_that_cannot_be_read_is_reported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the hosts that print it, whatever its numbers are; what is ignored is not reported."""
    recording = {name: dict(files) for name, files in healthy().items()}
    for number, files in enumerate(recording.values()):
        files["sequence"] = files["sequence"].replace("...\n", "") + f"1 of {number} done\nall well\n"

    assert judged(tmp_path, capsys, recording, ignore="all well")["unread_lines"] == [
        {"section": "sequence", "line": "1 of 0 done", "lines": len(recording), "hosts": list(recording)}
    ]
