"""What the operator's changes do to a host, and what the gate itself refuses to do."""

import os
from pathlib import Path

import pytest

from tests.unit.operator_host import DATA, HELD, OperatorHost, locked

OTHER = HELD.replace("held", "other")
ENDED = "=section do\n=end do state=done exit=0 seconds=N\n"


@pytest.fixture
def host(tmp_path: Path) -> OperatorHost:
    return locked(OperatorHost(tmp_path))


def refused(reason: str) -> str:
    return f"=section do\n=end do state=refused reason={reason}\n"


def test_a_lock_has_one_holder_until_it_is_given_back_by_name(tmp_path: Path) -> None:
    """Taking it twice is no harm; another run neither gets it nor gives it back."""
    host = OperatorHost(tmp_path)
    unlocked = "=section {0}\n|lock=none\n=end {0} exit=0\n"
    assert host.op("lock-show") == unlocked.format("lock-show")
    assert host.op("unlock R1") == unlocked.format("unlock")
    locked(locked(host))
    assert host.op("lock R2 bob:laptop") == f"=section lock\n{OTHER}=end lock exit=1\n"
    assert host.op("unlock R2") == f"=section unlock\n{OTHER}=end unlock exit=1\n"
    assert host.op("break-lock R2") == f"=section break-lock\n{OTHER}=end break-lock exit=1\n"
    assert host.op("lock-show") == f"=section lock-show\n{HELD}=end lock-show exit=0\n"
    assert host.op("break-lock R1") == unlocked.format("break-lock")
    locked(host)
    assert host.op("unlock R1") == unlocked.format("unlock")
    assert [path.name for path in host.state.iterdir()] == []


def test_of_many_that_lock_concurrently_one_gets_it(tmp_path: Path) -> None:
    """Everybody is told the same holder, and exactly one that it is he."""
    host = OperatorHost(tmp_path)
    asking = [host.begin(f"lock R{number} somebody:there") for number in range(12)]
    replies = [process.communicate(timeout=60)[0].decode() for process in asking]
    assert sum("\nlock=held\n" in reply for reply in replies) == 1
    assert len({line for reply in replies for line in reply.splitlines() if line.startswith("run=")}) == 1
    assert [path.name for path in host.state.iterdir()] == ["lock"]


def test_without_the_lock_nothing_changes(host: OperatorHost) -> None:
    """The run in the id must be the run that holds this host's lock."""
    assert host.op("do R2.1 boot-stop") == refused("not_locked")
    host.op("unlock R1")
    assert host.op("do R1.1 boot-stop") == refused("not_locked")
    assert host.ran == []
    assert host.op("record R1.1") == "=section record\n=end record state=none\n"


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("boot-start", "Boot"),
        ("set-shm-size 24000", "cadm -E SHM_SIZE=24000"),
    ],
)
def test_a_change_is_one_command_of_boks(host: OperatorHost, line: str, command: str) -> None:
    """With exactly its own words."""
    assert host.op(f"do R1.1 {line}") == ENDED
    assert host.ran == [command]


def test_output_errors_and_status_of_a_change_are_reported(host: OperatorHost) -> None:
    """A line of output that looks like a frame stays output."""
    assert host.op("do R1.1 boot-stop") == (
        "=section do\n|=done sections=1\n!one daemon was slow\n=end do state=done exit=3 seconds=N\n"
    )
    assert host.ran == ["Boot -k"]


LEGAL = {("client", "server"), ("server", "client"), ("server", "master"), ("master", "client"), ("client", "master")}


@pytest.mark.parametrize("before", ["master", "server", "client"])
def test_the_gate_itself_knows_the_legal_transitions(tmp_path: Path, before: str) -> None:
    """Any other is refused, and one into the role that the host has runs nothing and is done."""
    for after in ("master", "server", "client"):
        host = locked(OperatorHost(tmp_path / after, before))
        reply = host.op(f"do R1.1 convert {after}")
        if before == after:
            said = f"|boks-gate: BOKSINIT is {after} already: nothing was run\n"
            assert (reply, host.ran) == (ENDED.replace("=end", said + "=end"), [])
        elif (before, after) in LEGAL:
            said = "|Stopping daemons...\n|Conversion done.\n"
            assert reply == ENDED.replace("=end", said + "=end")
            assert (host.ran, host.init) == ([f"convert -v {after}"], after)
        else:
            assert (reply, host.ran) == (refused("illegal_transition"), [])


@pytest.mark.parametrize("missing", ["sequence", "tab1.dat tab7.dat"])
@pytest.mark.parametrize("init", ["server", "client"])
def test_no_host_becomes_a_master_with_half_a_database(tmp_path: Path, init: str, missing: str) -> None:
    """Nor a replica, where the other half would never come."""
    host = locked(OperatorHost(tmp_path, init))
    for name in missing.split():
        (host.data / name).unlink()
    assert host.op("do R1.1 convert master") == refused("partial_database")
    assert host.op(f"do R1.2 convert {'server' if init == 'client' else 'client'}") == refused("partial_database")
    assert host.ran == []


@pytest.mark.parametrize("init", ["server", "client"])
def test_no_host_becomes_a_master_without_a_database(tmp_path: Path, init: str) -> None:
    """It would be an empty one."""
    host = locked(OperatorHost(tmp_path, init))
    for name in DATA:
        (host.data / name).unlink()
    assert host.op("do R1.1 convert master") == refused("no_database")
    assert host.ran == []


@pytest.mark.parametrize("env", ["BOKSINIT=primary\n", "", None])
def test_a_host_of_unknown_role_is_not_converted(host: OperatorHost, env: str | None) -> None:
    """What cannot be known is no permission."""
    if env is None:
        (host.tree.etc / "ENV").unlink()
    else:
        (host.tree.etc / "ENV").write_text(env)
    assert host.op("do R1.1 convert client") == refused("role_unknown")
    assert host.op("do R1.2 remove-database") == refused("not_client")


def test_a_removed_database_lies_aside_and_comes_back(tmp_path: Path) -> None:
    """Exactly its files move, with what is in them; nothing else in the directory is touched."""
    host = locked(OperatorHost(tmp_path, "client"))
    (host.data / "notes.txt").write_text("mine")
    (host.data / "sequence.old").write_text("mine")
    before = {path.name: path.read_bytes() for path in host.data.iterdir() if path.is_file()}
    assert host.op("do R1.1 remove-database") == (
        "=section do\n|moved tab1.dat to removed-R1.1\n|moved tab7.dat to removed-R1.1\n"
        "|moved sequence to removed-R1.1\n"
        "=end do state=done exit=0 seconds=N\n"
    )
    assert (host.database(), host.database("removed-R1.1")) == (set(), set(DATA))
    assert {path.name for path in host.data.iterdir()} == {"master_spool", "notes.txt", "sequence.old", "removed-R1.1"}
    assert host.op("do R1.2 restore-database R1.1") == (
        "=section do\n|moved tab1.dat back\n|moved tab7.dat back\n|moved sequence back\n"
        "=end do state=done exit=0 seconds=N\n"
    )
    assert {path.name: path.read_bytes() for path in host.data.iterdir() if path.is_file()} == before
    assert not (host.data / "removed-R1.1").exists()
    assert host.ran == []


def test_where_no_database_is_nothing_is_removed(tmp_path: Path) -> None:
    """And no empty directory stays."""
    host = locked(OperatorHost(tmp_path, "client"))
    for name in DATA:
        (host.data / name).unlink()
    assert host.op("do R1.1 remove-database") == ENDED.replace("=end", "|boks-gate: no database was there\n=end")
    assert [path.name for path in host.data.iterdir()] == ["master_spool"]


@pytest.mark.parametrize("init", ["master", "server"])
def test_the_database_of_a_server_in_its_role_is_not_touched(tmp_path: Path, init: str) -> None:
    """Only a client has none to lose."""
    host = locked(OperatorHost(tmp_path, init))
    assert host.op("do R1.1 remove-database") == refused("not_client")
    assert host.op("do R1.2 restore-database R1.1") == refused("not_client")
    assert host.database() == set(DATA)


@pytest.mark.parametrize("odd", ["link", "directory", "pipe", "dangling", "data"])
def test_what_is_no_plain_file_is_not_removed(tmp_path: Path, odd: str) -> None:
    """A link could lead anywhere; the whole removal is refused before anything moved."""
    host = locked(OperatorHost(tmp_path, "client"))
    target = host.data / "tab7.dat"
    if odd == "data":
        host.data.rename(tmp_path / "elsewhere")
        host.data.symlink_to(tmp_path / "elsewhere")
    else:
        target.unlink()
    if odd == "link":
        target.symlink_to(tmp_path / "host" / "etc" / "ENV")
    elif odd == "dangling":
        target.symlink_to(tmp_path / "nowhere")
    elif odd == "directory":
        target.mkdir()
    elif odd == "pipe":
        os.mkfifo(target)
    before = {path.name for path in host.data.iterdir()}
    assert host.op("do R1.1 remove-database") == refused("odd_files")
    assert {path.name for path in host.data.iterdir()} == before


def test_a_restored_database_overwrites_none(tmp_path: Path) -> None:
    """Nor does an unknown removal bring anything."""
    host = locked(OperatorHost(tmp_path, "client"))
    host.op("do R1.1 remove-database")
    assert host.op("do R1.2 restore-database R2.1") == refused("nothing_there")
    (host.data / "sequence").write_text("new")
    assert host.op("do R1.3 restore-database R1.1") == refused("exists")
    assert ((host.data / "sequence").read_text(), host.database("removed-R1.1")) == ("new", set(DATA))


@pytest.mark.parametrize("state", ["link", "writable", "file"])
def test_a_state_directory_that_others_could_write_stops_every_change(tmp_path: Path, state: str) -> None:
    """Who can write records can make the gate believe that something was done."""
    host = OperatorHost(tmp_path)
    if state == "file":
        host.state.write_text("")
    else:
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        (tmp_path / "elsewhere").rename(host.state) if state == "writable" else host.state.symlink_to("elsewhere")
        host.state.chmod(0o777 if state == "writable" else 0o700)
    assert "lock=failed\n" not in host.begin("lock R1 a").communicate(timeout=60)[0].decode()
    assert host.op("do R1.1 boot-stop") == refused("state_unusable")
    assert host.ran == []
