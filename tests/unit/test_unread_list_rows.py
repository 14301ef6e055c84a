"""No OK without data: rows of the master's list that cannot be read, from the raw text to the verdict."""

from pathlib import Path

import pytest

from tests.unit.cli_replays import healthy
from tests.unit.test_unread_rows import REPHOST3, host, judged

ODD_DOWN = {
    "a duration of another form": "R1  1d02h  02:13  11:44  148342  DOWN",
    "words for durations": "R1  never  ?????  ?????  148342  DOWN",
    "localised": "R1 il-y-a-2h 11:44 148.342 DOWN",
    "grouped count": "R1 02:59 02:13 11:44 148,342 DOWN",
    "lower case": "R1  1d02h  02:13  11:44  148342  down",
    "tabs": "R1\t1d02h\t02:13\t11:44\t148342\tDOWN",
    "carriage return": "R1  1d02h  02:13  11:44  148342  DOWN\r",
    "coloured": "R1  1d02h  02:13  11:44  148342  \x1b[31mDOWN\x1b[0m",
}


@pytest.mark.parametrize("row", ODD_DOWN.values(), ids=ODD_DOWN)
def test_a_name_and_a_status_word_are_enough_for_down(
    row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A discovered replica is there and down, whatever its durations are."""
    recording = healthy()
    recording["MASTER"]["list"] += f"{row}\n"

    domain = judged(tmp_path, capsys, recording, more="    discover: true\n")

    assert domain["state"] == "degraded"
    assert host(domain, "R1")["state"] == "unreachable"
    assert "DOWN" in host(domain, "R1")["reason"].upper()


ODD_ROWS = {
    "a duration of another form": "REPHOST3 1d02h 04:50 726768 OK",
    "no status": "REPHOST3 00:49 04:50 726768",
    "a cut status": "REPHOST3 00:49 04:50 726768 O",
    "question marks": "?????",
    "name and question marks": "REPHOST3 ????? ????? ?????",
    "a message": "boksdiag: REPHOST3: cannot read, retrying",
    "a message without a name": "boksdiag: cannot read, retrying",
    "wrapped": "REPHOST3 00:49\n04:50 726768 OK",
    "not quite OK": "REPHOST3 00:49 04:50 726768 OK*",
    "OK after a number": "REPHOST3 00:49 04:50 726768 0K",
    "two rows on one line": f"{REPHOST3} REPHOST9 02:59 02:13 11:44 148342 DOWN",
    "a message after the row": f"{REPHOST3}\nREPHOST3: not responding",
    "an unknown status the second time": f"{REPHOST3}\nREPHOST3 00:49 04:50 726768 STALE",
}


@pytest.mark.parametrize("row", ODD_ROWS.values(), ids=ODD_ROWS)
def test_a_replica_whose_list_row_cannot_be_read_is_unknown(
    row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither OK nor unlisted: the master may list it as anything."""
    recording = healthy()
    recording["MASTER"]["list"] = recording["MASTER"]["list"].replace(REPHOST3, row)

    domain = judged(tmp_path, capsys, recording)
    replica = host(domain)

    assert replica["state"] == "unknown"
    words = (word for line in row.splitlines() for word in (line.split()[0], line.split()[-1]))
    assert any(word in replica["reason"] for word in words)
    assert replica["promotable"] is not True
    assert domain["state"] in {"unknown", "degraded"}


@pytest.mark.parametrize(
    "row",
    [
        *("R1  1d02h  ??:??  11:44  148342", "R1  1d02h  02:13  11:44  148342  DEAD", "R1 1d02h 11:44 148342 Not up"),
        *("R1", "R1 ERROR", "R1 -", "newhost - - - - -", "newhost never never"),
        *("R\u00e91 02:59 02:13 11:44 148342 DOWN", "1 02:59 02:13 11:44 148342 DOWN"),
    ],
    ids=[
        *("no status", "unknown status", "unknown status without a failure"),
        *("nothing but a name", "a word that is no status", "a dash", "dashes", "words for blank cells"),
        *("a name that is not ASCII", "no name"),
    ],
)
def test_a_list_row_that_names_no_known_host_keeps_the_domain_from_being_ok(
    row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There may be a replica that nothing else shows."""
    recording = healthy()
    recording["MASTER"]["list"] += f"{row}\n"

    domain = judged(tmp_path, capsys, recording, more="    discover: true\n")

    assert domain["state"] == "unknown"
    assert row.split(maxsplit=1)[0] in host(domain, "MASTER")["reason"]


TWICE = {
    "the same name": "REPHOST3 02:59 02:13 11:44 148342 DOWN",
    "another letter case": "rephost3 02:59 02:13 11:44 148342 DOWN",
    "with a domain": "REPHOST3.example.net 02:59 02:13 11:44 148342 DOWN",
}


@pytest.mark.parametrize("second", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("order", ["last", "first"])
def test_the_worst_of_two_rows_for_one_server_counts(
    second: str, order: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that is listed twice is as bad as its worse row, and the report says so."""
    recording = healthy()
    rows = [REPHOST3, second] if order == "last" else [second, REPHOST3]
    recording["MASTER"]["list"] = recording["MASTER"]["list"].replace(REPHOST3, "\n".join(rows))

    replica = host(judged(tmp_path, capsys, recording))

    assert replica["state"] == "down"
    assert any("listed twice" in sentence for sentence in replica["evidence"])


def test_an_ignored_line_of_the_list_hides_no_replica(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row-like line that is known makes nothing unknown."""
    recording = healthy()
    recording["MASTER"]["list"] += "SUM 5 5 0\n"

    assert judged(tmp_path / "without", capsys, recording)["state"] == "unknown"
    assert judged(tmp_path / "with", capsys, recording, ignore="SUM .*")["state"] == "ok"


HEADER = "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST\n"


@pytest.mark.parametrize(
    "line",
    ["R1: DOWN", "R1 is DOWN", "R1 is down", "R1;00:49;04:49;526392;DOWN", "R1", "cannot reach R1", "-> R1 is LOADING"],
)
def test_a_list_whose_only_line_cannot_be_read_is_not_ok(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The master has a replica of which nothing else is known."""
    recording = {"MASTER": healthy()["MASTER"]}
    recording["MASTER"]["list"] = f"{HEADER}{line}\n"

    domain = judged(tmp_path, capsys, recording, more="    discover: true\n")

    assert domain["state"] == "unknown"
    assert line in host(domain, "MASTER")["reason"]


@pytest.mark.parametrize("line", ["R9: DOWN", "R9 is DOWN", "R9 is down", "R9: OK", "R9;00:49;04:49;526392;DOWN"])
def test_an_unread_line_with_a_status_is_not_stray(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There may be a replica that is down, although the others' rows can be read."""
    recording = healthy()
    recording["MASTER"]["list"] += f"{line}\n"

    assert judged(tmp_path, capsys, recording, more="    discover: true\n")["state"] == "unknown"


DOWN = {
    "a colon": "REPHOST3: DOWN",
    "a mark before the name": "*REPHOST3 00:49 04:50 726768 DOWN",
    "a mark after the name": "REPHOST3* 00:49 04:50 726768 DOWN",
    "brackets": "<REPHOST3> DOWN",
    "semicolons": "REPHOST3;00:49;04:50;726768;DOWN",
}


@pytest.mark.parametrize("row", DOWN.values(), ids=DOWN)
def test_the_name_of_a_known_host_and_down_are_enough(
    row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Marks around a name hide neither the host nor its status, and invent no host."""
    recording = healthy()
    recording["MASTER"]["list"] = recording["MASTER"]["list"].replace(REPHOST3, row)

    domain = judged(tmp_path, capsys, recording, more="    discover: true\n")

    assert host(domain)["state"] == "down"
    assert {each["host"] for each in domain["hosts"]} == set(recording)
    assert not any("listed" in sentence for sentence in host(domain)["evidence"])


def test_a_summary_of_the_list_hides_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence about servers that are OK is no row."""
    recording = healthy()
    recording["MASTER"]["list"] += (
        "All replicas OK\n2 replicas, 0 down\nPrinted 2026-11-30 04:01 UTC\n--- - ---\ndone\n"
    )
    assert judged(tmp_path, capsys, recording)["state"] == "ok"


@pytest.mark.parametrize("section", ["list", "sequence"])
def test_a_master_that_printed_no_list_or_numbers_is_unknown(
    section: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its list there may be replicas that nothing else shows."""
    recording = {"MASTER": healthy()["MASTER"]}
    recording["MASTER"]["list"] = HEADER
    del recording["MASTER"][section]
    assert judged(tmp_path, capsys, recording, more="    discover: true\n")["state"] == "unknown"


def test_a_master_that_its_own_list_shows_as_down_is_not_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Page, status and check agree."""
    recording = healthy()
    recording["MASTER"]["list"] += "MASTER 02:59 02:13 11:44 148342 DOWN\n"
    assert judged(tmp_path, capsys, recording)["state"] == "unknown"
