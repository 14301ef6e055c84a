"""What a host keeps next to its lock: a freeze of the domain, and what runs have moved aside; under every shell."""

import re
import time
from pathlib import Path

import pytest

from tests.integration.shells import fixture_of_shells
from tests.unit.operator_host import DATA, OperatorHost, locked

shell = fixture_of_shells()

NOTHING = "=section asides\n=end asides exit=0\n"
DONE = "=section do\n|removed removed-R1.1\n=end do state=done exit=0 seconds=N\n"
ASIDE = re.compile(r"\|(?P<id>\S+) files=(?P<files>\d+) kilobytes=\d+ moved=(?P<moved>\S+) state=(?P<state>\w+)\n")


def refused(reason: str) -> str:
    return f"=section do\n=end do state=refused reason={reason}\n"


def asides(host: OperatorHost) -> dict[str, tuple[str, str]]:
    """Return the number of files and the state of each directory."""
    return {found["id"]: (found["files"], found["state"]) for found in ASIDE.finditer(host.op("asides"))}


def removed(root: Path, shell: str = "/bin/sh") -> OperatorHost:
    """A client whose database lies in removed-R1.1."""
    host = locked(OperatorHost(root, "client", shell=shell))
    assert "state=done exit=0" in host.settled("do R1.1 remove-database")
    return host


def test_what_was_moved_aside_is_listed_and_removed_once(tmp_path: Path, shell: str) -> None:
    """With the number of its files and when it was moved; the directory is gone, and nothing else is."""
    host = removed(tmp_path, shell)
    (host.data / "notes.txt").write_text("mine")
    found = ASIDE.search(host.op("asides"))
    assert found
    assert (found["id"], found["files"], found["state"]) == ("R1.1", "3", "whole")
    moved = time.mktime(time.strptime(found["moved"], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert abs(time.time() - moved) < 3600
    assert host.settled("do R1.2 remove-aside R1.1") == DONE
    assert host.op("asides") == NOTHING
    assert host.settled("do R1.2 remove-aside R1.1") == DONE, "its record answers"
    assert host.settled("do R1.3 remove-aside R1.1") == refused("nothing_there")
    assert [path.name for path in host.data.iterdir() if path.name.startswith(("removed", "notes"))] == ["notes.txt"]


def test_half_a_removal_is_not_removed(tmp_path: Path, shell: str) -> None:
    """Its undoing needs it."""
    host = removed(tmp_path, shell)
    aside = host.data / "removed-R1.1"
    (aside / "manifest.R1").rename(aside / "manifest")
    assert asides(host) == {"R1.1": ("3", "partial")}
    assert host.settled("do R1.2 remove-aside R1.1") == refused("partial_database")
    assert host.database("removed-R1.1") == set(DATA)


@pytest.mark.parametrize("kind", ["link", "directory"])
def test_what_is_no_plain_file_is_not_removed(tmp_path: Path, kind: str) -> None:
    """Nor is what it leads to."""
    host = removed(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    odd = host.data / "removed-R1.1" / "tab9.dat"
    odd.symlink_to(elsewhere) if kind == "link" else odd.mkdir()
    assert asides(host) == {"R1.1": ("4", "odd")}
    assert host.settled("do R1.2 remove-aside R1.1") == refused("odd_files")
    assert host.database("removed-R1.1") == set(DATA)


def test_a_directory_that_is_a_link_is_not_removed(tmp_path: Path) -> None:
    host = removed(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    (host.data / "removed-R1.1").rename(elsewhere)
    (host.data / "removed-R1.1").symlink_to(elsewhere)
    assert asides(host)["R1.1"][1] == "odd"
    assert host.settled("do R1.2 remove-aside R1.1") == refused("odd_files")
    assert len(list(elsewhere.iterdir())) == len(DATA) + 1


def test_only_the_holder_of_the_lock_removes(tmp_path: Path) -> None:
    host = removed(tmp_path)
    assert host.settled("do R2.1 remove-aside R1.1") == refused("not_locked")
    assert host.database("removed-R1.1") == set(DATA)


def test_other_directories_are_not_listed(tmp_path: Path) -> None:
    """Whatever else begins so is not a run's."""
    host = removed(tmp_path)
    for name in ("removed-by hand", "removed-x", "removed-a.b_c", "removed-"):
        (host.data / name).mkdir()
    (host.data / "removed-R1.1" / "extra.dat").write_text("x")
    assert asides(host) == {"R1.1": ("4", "whole")}


def test_a_freeze_is_shown_until_it_is_lifted(tmp_path: Path, shell: str) -> None:
    """The newest one counts, and any operator can lift it."""
    host = OperatorHost(tmp_path, shell=shell)
    assert "freeze=" not in host.op("preflight")
    first = host.op("freeze 3600 alice:console new_disks")
    assert re.fullmatch(r"=section freeze\n\|freeze=\d{10} alice:console new_disks\n=end freeze exit=0\n", first)
    host.op("freeze 60 bob:laptop audit")
    found = re.search(r"\|freeze=(\d{10}) bob:laptop audit\n", host.op("preflight"))
    assert found
    assert 0 < int(found[1]) - time.time() <= 61
    assert host.op("unfreeze") == "=section unfreeze\n|freeze=none\n=end unfreeze exit=0\n"
    assert "freeze=" not in host.op("preflight")
    assert [path.name for path in host.state.iterdir()] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "unreadable"),
        ("soon alice why\n", "unreadable"),
        ("12a4567890 alice why\n", "unreadable"),
        ("1700000000 alice\n", "unreadable"),
        ("99999999999 alice why\n", "unreadable"),
        ("{far} alice why\n", "unreadable"),
        ("{near} alice why\n", "{near} alice why"),
        ("1700000000 alice why\n", None),
    ],
)
def test_a_freeze_that_cannot_be_read_is_no_absent_one(
    tmp_path: Path, shell: str, text: str, shown: str | None
) -> None:
    """A power loss or a clock that was set back leaves a question, which an operator ends; an expired one is over."""
    times = {"near": int(time.time()) + 600_000, "far": int(time.time()) + 700_000}
    host = OperatorHost(tmp_path, shell=shell)
    host.op("freeze 60 bob:laptop audit")
    (host.state / "freeze").write_text(text.format(**times))
    reply = host.op("preflight")
    assert (f"|freeze={shown.format(**times)}\n" in reply) if shown else ("freeze=" not in reply)
    assert "|freeze=none\n" in host.op("unfreeze")


def test_a_freeze_needs_a_directory_that_is_roots_alone(tmp_path: Path) -> None:
    host = OperatorHost(tmp_path)
    host.op("freeze 60 alice:console audit")
    host.state.chmod(0o777)
    for line in ("freeze 60 alice:console audit", "unfreeze"):
        assert "exit=73" in host.op(line)
