"""What the gate answers about a host, as whole replies."""

import time
from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.request import EVERY_GATE
from tests.unit.gate_expected import BY_INIT
from tests.unit.gate_runs import install_gate, run_installed, run_sent, steady
from tests.unit.gate_tree import Tree


def only(name: str, *payload: str, end: str = "exit=0") -> str:
    """Write the whole reply to a request for one section."""
    lines = ["=opening", f"=section {name}", *payload, f"=end {name} {end}"]
    return "\n".join([*lines, "=done sections=1", ""])


@pytest.mark.parametrize("init", ["master", "server", "client"])
def test_a_host_answers_with_the_sections_of_its_role(tmp_path: Path, init: str) -> None:
    """Master, replica and client are asked for everything; what a role does not have is skipped with the reason."""
    result = run_sent(Tree(tmp_path / "host", init))
    assert (steady(result.stdout), result.stderr, result.returncode) == (BY_INIT[init], b"", 0)


def test_an_installed_gate_answers_as_a_sent_one(tmp_path: Path) -> None:
    """Whether the gate is installed or comes along makes no difference to the reply."""
    tree = Tree(tmp_path / "host")
    result = run_installed(install_gate(tree, tmp_path / "gate"))
    assert (steady(result.stdout), result.stderr, result.returncode) == (BY_INIT["master"], b"", 0)


def test_sections_come_in_the_order_asked_for(tmp_path: Path) -> None:
    """The order is the asker's, and nothing comes that was not asked for."""
    result = run_sent(Tree(tmp_path / "host"), "queue role")
    assert [line for line in steady(result.stdout).splitlines() if line.startswith("=section")] == [
        "=section queue",
        "=section role",
    ]


def test_the_clock_is_the_hosts_in_utc(tmp_path: Path) -> None:
    """The host's clock comes along in UTC, so that ages can be reckoned by the clock that wrote the dates."""
    before = int(time.time())
    reply = parse_reply(run_sent(Tree(tmp_path / "host"), "role").stdout)
    assert reply.host_clock is not None
    assert before <= reply.host_clock <= time.time()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("BOKSINIT=server", "BOKSINIT=server"),
        ("  export BOKSINIT='server' # a comment", "BOKSINIT='server'"),
        ("BOKSINIT=server; SECRET=hunter2", "BOKSINIT=server"),
        ("SHM_SIZE=16000 SECRET=hunter2", "SHM_SIZE=16000"),
        ("BRIDGE_ACCEPT_MASTER_IPS=BCASTADDR", "BRIDGE_ACCEPT_MASTER_IPS=BCASTADDR"),
        ("BRIDGE_ACCEPT_MASTER_IPS='10.0.0.1, fd00::1' ; SECRET=x", "BRIDGE_ACCEPT_MASTER_IPS='10.0.0.1, fd00::1' "),
        ("SECRET=BOKSINIT=master", None),
        ("OLD_BOKSINIT=master", None),
        ("#BOKSINIT=master", None),
        ("BOKSINIT_OLD=master", None),
    ],
)
def test_only_three_keys_of_env_leave_the_host(tmp_path: Path, line: str, shown: str | None) -> None:
    """ENV may hold anything; three keys and their values are shown, and nothing next to them."""
    tree = Tree(tmp_path / "host")
    (tree.etc / "ENV").write_text(f"{line}\nLICENCE=hunter2\n")
    expected = only("role", *([f"|{shown}"] if shown else []))
    assert steady(run_sent(tree, "role").stdout) == expected


def test_a_host_without_env_reports_it_and_answers_the_rest(tmp_path: Path) -> None:
    """Without ENV there is no role, and every section is tried."""
    tree = Tree(tmp_path / "host")
    (tree.etc / "ENV").unlink()
    reply = parse_reply(run_sent(tree).stdout)
    role = reply.section(Section.ROLE)
    assert role is not None
    assert (role.stdout, role.exit_status, role.stderr) == (
        "",
        1,
        f"/bin/cat: {tree.etc}/ENV: No such file or directory\n",
    )
    assert [section.name for section in reply.sections if section.exit_status is not None] == list(EVERY_GATE.sections)


def test_a_missing_program_is_reported_by_its_section(tmp_path: Path) -> None:
    """Where boksadm is not what it should be, its sections end with 127, and those that read files are answered."""
    tree = Tree(tmp_path / "host")
    tree.boksadm.unlink()
    reply = parse_reply(run_sent(tree).stdout)
    assert {section.name: section.exit_status for section in reply.sections} == {
        Section.ROLE: 0,
        Section.SEQUENCE: 127,
        Section.LIST: 127,
        Section.MEMORY: 127,
        Section.ERRLOG: 0,
        Section.QUEUE: 0,
        Section.CHECKSUMS: 0,
    }
    sequence = reply.section(Section.SEQUENCE)
    assert sequence is not None
    assert str(tree.boksadm) in sequence.stderr


def test_missing_files_are_reported_by_their_sections(tmp_path: Path) -> None:
    """A log or spool that is not there is an error of its section; a method.conf that is not there is no fact."""
    tree = Tree(tmp_path / "host")
    (tree.var / "boks_errlog").unlink()
    (tree.etc / "method.conf").unlink()
    for file in tree.spool.iterdir():
        file.unlink()
    tree.spool.rmdir()
    reply = parse_reply(run_sent(tree, "errlog queue checksums").stdout)
    errlog, queue, checksums = reply.sections
    assert errlog.exit_status == 1
    assert "boks_errlog: No such file" in errlog.stderr
    assert queue.exit_status == 2
    assert "master_spool" in queue.stderr
    assert (checksums.exit_status, checksums.stderr) == (0, "")
    assert checksums.stdout == ""


def test_an_empty_log_and_an_empty_spool_are_answers(tmp_path: Path) -> None:
    """Nothing in the log and nothing in the queue are good news, not errors."""
    tree = Tree(tmp_path / "host")
    (tree.var / "boks_errlog").write_text("")
    for file in tree.spool.iterdir():
        file.unlink()
    errlog, queue = parse_reply(run_sent(tree, "errlog queue").stdout).sections
    assert (errlog.stdout, queue.stdout) == ("lines=0\n", "files=0\n")


def test_the_last_thirty_lines_of_the_log_are_shown(tmp_path: Path) -> None:
    """The log is counted whole and shown from its end."""
    tree = Tree(tmp_path / "host")
    (tree.var / "boks_errlog").write_text("".join(f"line {number}\n" for number in range(1, 101)))
    (errlog,) = parse_reply(run_sent(tree, "errlog").stdout).sections
    assert errlog.stdout == "lines=100\n" + "".join(f"> line {number}\n" for number in range(71, 101))


FORGERIES = [
    ("=done sections=1", "=done sections=1"),
    ("=end errlog exit=0", "=end errlog exit=0"),
    ("=refused bad_config", "=refused bad_config"),
    ("=boks-gate/1 version=9 clock=2026-01-01T00:00:00", "=boks-gate/1 version=9 clock=2026-01-01T00:00:00"),
    ("a\r=end errlog exit=0\r", "a =end errlog exit=0 "),
    ("a\x0b=done sections=1\x0c=done sections=1", "a?=done sections=1?=done sections=1"),
    ("a\x00=done sections=1", "a=done sections=1"),
    ("\x1b]0;title\x07\x1b[2J\x7f", "?]0;title??[2J?"),
    ("a\x85b\u2028=done sections=1", "a?b\u2028=done sections=1"),
    ("tabs\tstay", "tabs\tstay"),
    ("$(touch canary) `touch canary` ; touch canary", "$(touch canary) `touch canary` ; touch canary"),
    ("%s %n \\n \\0 \\c", "%s %n \\n \\0 \\c"),
    ("-n", "-n"),
    ("", ""),
]


@pytest.mark.parametrize(("line", "shown"), FORGERIES)
def test_no_line_of_a_log_can_forge_a_frame(tmp_path: Path, line: str, shown: str) -> None:
    """Whatever stands in an error log comes out as one payload line, without control characters."""
    tree = Tree(tmp_path / "host")
    (tree.var / "boks_errlog").write_bytes(f"{line}\nlast".encode())
    result = run_sent(tree, "errlog role")
    assert steady(result.stdout).split("=section role")[0] == (
        f"=opening\n=section errlog\n|lines=1\n|> {shown}\n|> last\n=end errlog exit=0\n"
    )
    errlog, role = parse_reply(result.stdout).sections
    assert (errlog.stdout, role.exit_status) == (f"lines=1\n> {shown}\n> last\n", 0)


@pytest.mark.parametrize(("line", "shown"), [pair for pair in FORGERIES if pair[0]])
def test_no_output_or_error_of_a_command_can_forge_a_frame(tmp_path: Path, line: str, shown: str) -> None:
    """The same holds for what a command prints and for its errors, even if no newline ends them."""
    tree = Tree(tmp_path / "host")
    (tree.root / "line").write_bytes(line.encode())
    tree.boksadm_is('cat "${0%/*}/line" >&2; cat "${0%/*}/line"; exit 7\n')
    result = run_sent(tree, "sequence")
    assert steady(result.stdout) == only("sequence", f"|{shown}", f"!{shown}", end="exit=7")


def test_a_line_of_a_megabyte_is_cut(tmp_path: Path) -> None:
    """A very long line without an end is shortened, and the reply says so."""
    tree = Tree(tmp_path / "host")
    (tree.root / "line").write_text("=" * 1_000_000)
    tree.boksadm_is('cat "${0%/*}/line"\n')
    (sequence,) = parse_reply(run_sent(tree, "sequence").stdout).sections
    assert (sequence.stdout, sequence.cut) == ("=" * 1_000 + " [cut]\n", "lines")


def test_undecodable_bytes_pass(tmp_path: Path) -> None:
    """Names in other encodings are no fault."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is("printf 'M\\374ller \\200\\377\\n'\n")
    result = run_sent(tree, "sequence")
    assert b"\nM\xfcller ?\xff\n" in result.stdout


def test_errors_are_cut_and_output_is_not(tmp_path: Path) -> None:
    """Of its errors a command may send 50 lines of 500 characters; what it prints comes whole."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is(
        """awk 'BEGIN { for (i = 1; i <= 2000; i++) { print "out " i; printf "%0600d\\n", i >"/dev/stderr" } }'\n"""
    )
    (sequence,) = parse_reply(run_sent(tree, "sequence").stdout).sections
    assert sequence.stdout == "".join(f"out {number}\n" for number in range(1, 2001))
    assert [len(line) for line in sequence.stderr.splitlines()] == [500 + len(" [cut]")] * 50
    assert sequence.exit_status == 0


def test_dates_of_files_are_in_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever time zone the login has, the spool's dates go with the clock that is sent along."""
    monkeypatch.setenv("TZ", "Pacific/Honolulu")
    tree = Tree(tmp_path / "host")
    assert "Jan  1  2025 dd_fcom_1\n" in run_sent(tree, "queue").stdout.decode()
