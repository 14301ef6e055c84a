"""The reading gate of protocol 2 under every shell that a host may have as its `sh`."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from boks_exporter.model import ProcessStart, Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.gate import sent_script
from tests.integration.shells import fixture_of_shells
from tests.unit.gate_expected import BY_INIT
from tests.unit.gate_runs import NONCE, Channel, ask, install_gate, run_installed, run_sent, steady
from tests.unit.gate_tree import Tree

shell = fixture_of_shells()


@pytest.mark.parametrize("init", ["master", "server", "client"])
def test_the_whole_reply_is_the_same_under_every_shell(tmp_path: Path, shell: str, init: str) -> None:
    """Sent and installed, a host answers byte for byte as under any other shell."""
    tree = Tree(tmp_path / "host", init)
    installed = run_installed(install_gate(tree, tmp_path / "gate", shell=shell))
    for result in (installed, run_sent(tree, sh=shell)):
        assert (steady(result.stdout), result.stderr, result.returncode) == (BY_INIT[init], b"", 0)


def test_nothing_in_a_log_forges_a_frame_or_moves_a_terminal(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Frames of either protocol and escapes of printf stay text; C0, DEL and C1 become `?`; other UTF-8 stays."""
    log = (
        f"={NONCE[:-1]} done sections=1\n=boks-gate/1 version=1\n=end errlog exit=0\nCR\r\n\x1b[2J\x7f\n".encode()
        + b"\x9b31m \x80\x81\x9f\xc2\x9b31m\n"
        + "Jörg Ärger ÄÖÜß …\n".encode()
        + b"\\n\\0101\\c %s\nnull \0\0bytes\n-n\n\tend\n"
    )
    (tree.var / "boks_errlog").write_bytes(log)
    gate = install_gate(tree, tmp_path / "gate", shell=shell)
    errlog, role = ask(gate, "errlog role").sections
    assert errlog.stdout.split("\n") == [
        "lines=11",
        f"> ={NONCE[:-1]} done sections=1",
        "> =boks-gate/1 version=1",
        "> =end errlog exit=0",
        "> CR ",
        "> ?[2J?",
        "> ?31m ????31m",
        "> Jörg Ärger ÄÖÜß …",
        "> \\n\\0101\\c %s",
        "> null bytes",
        "> -n",
        "> \tend",
        "",
    ]
    assert (errlog.exit_status, errlog.cut, role.exit_status) == (0, None, 0)


@pytest.mark.parametrize("length", [501, 3_000_000])
def test_a_long_line_is_cut_on_the_host_and_reports_it(tree: Tree, tmp_path: Path, shell: str, length: int) -> None:
    """One line of 3 MB in an error log does not make the whole reply too large."""
    (tree.var / "boks_errlog").write_bytes(b"first\n\n" + b"x" * length + b"\n" + b"y" * 500 + b"\n")
    reply = ask(install_gate(tree, tmp_path / "gate", shell=shell))
    errlog = reply.section(Section.ERRLOG)
    assert errlog is not None
    assert errlog.stdout == "lines=4\n> first\n> \n> " + "x" * 500 + " [cut]\n> " + "y" * 500 + "\n"
    assert (errlog.cut, errlog.is_whole) == ("lines", True)
    assert [section.exit_status for section in reply.sections] == [0, 0, 3, 0, 0, 0, 0]


def test_a_list_of_thousands_of_replicas_is_whole(tree: Tree, tmp_path: Path, shell: str) -> None:
    """5,000 rows with long names pass uncut."""
    rows = "".join(f"{'r' * 40}{at:08} 00:49 04:50 726768 OK\n" for at in range(5_000))
    (tree.root / "rows").write_text(rows)
    tree.boksadm_is('cat "${0%/*}/rows"\n')
    (listed,) = ask(install_gate(tree, tmp_path / "gate", shell=shell), "list").sections
    assert (listed.stdout, listed.cut) == (rows, None)


@pytest.mark.parametrize(
    ("printed", "cut"),
    [
        ("y" * 2_000 + "\n" + "short\n" * 12_000, "lines"),
        ("row of a table\n" * 45_000, "bytes"),
    ],
)
def test_a_section_that_is_too_long_is_cut(tree: Tree, tmp_path: Path, shell: str, printed: str, cut: str) -> None:
    """Long lines are shortened; what is beyond the section's size is left out; both are said."""
    (tree.root / "rows").write_text(printed)
    tree.boksadm_is('cat "${0%/*}/rows"\n')
    sequence, role = ask(install_gate(tree, tmp_path / "gate", shell=shell, limit=60), "sequence role").sections
    assert (sequence.cut, role.exit_status) == (cut, 0)
    assert len(sequence.stdout) <= 640_006
    lines = sequence.stdout.splitlines()
    assert lines[-1] == ("[cut]" if cut == "bytes" else "short")
    assert lines[0] == ("y" * 1_000 + " [cut]" if cut == "lines" else "row of a table")
    assert set(lines[1:-1]) == ({"short"} if cut == "lines" else {"row of a table"})


def test_a_command_has_the_memory_that_its_login_has(tree: Tree, tmp_path: Path, shell: str) -> None:
    """The limit of the gate's own shells is not BoKS's."""
    tree.boksadm_is("ulimit -S -v\n")
    own = subprocess.run(["sh", "-c", "ulimit -S -v"], capture_output=True, text=True, check=True).stdout
    (sequence,) = ask(install_gate(tree, tmp_path / "gate", shell=shell), "sequence").sections
    assert sequence.stdout == own


def test_errors_are_framed_apart_and_limited(tree: Tree, tmp_path: Path, shell: str) -> None:
    """The first 50 lines, each cut at 500 bytes; output and status stay what they were."""
    tree.boksadm_is(
        f"echo out\necho {'z' * 600} >&2\n"
        'at=0\nwhile [ $at -lt 300 ]; do at=$((at + 1)); echo "error $at" >&2; done\necho more\nexit 7\n'
    )
    (sequence,) = ask(install_gate(tree, tmp_path / "gate", shell=shell), "sequence").sections
    assert (sequence.stdout, sequence.exit_status) == ("out\nmore\n", 7)
    assert sequence.stderr == "z" * 500 + " [cut]\n" + "".join(f"error {at}\n" for at in range(1, 50))


def test_a_command_that_a_signal_ends_has_its_status(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Above 128, by which a client knows that the output is not whole."""
    tree.boksadm_is("echo begun\ncase $* in *list) echo bad >&2; kill -TERM $$ ;; esac\nkill -KILL $$\n")
    sequence, listed = ask(install_gate(tree, tmp_path / "gate", shell=shell), "sequence list").sections
    assert (sequence.exit_status, sequence.stdout, sequence.stderr) == (137, "begun\n", "")
    assert (listed.exit_status, listed.stdout, listed.stderr) == (143, "begun\n", "bad\n")


def test_empty_lines_are_kept_but_at_the_end(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Errors or not; among errors they are left out."""
    tree.boksadm_is('printf "\\n\\na\\n\\n\\nb\\n\\n\\n"\ncase $* in *list) printf "\\n\\nc\\n\\nd" >&2 ;; esac\n')
    sequence, listed = ask(install_gate(tree, tmp_path / "gate", shell=shell), "sequence list").sections
    assert (sequence.stdout, sequence.stderr) == ("\n\na\n\n\nb\n", "")
    assert (listed.stdout, listed.stderr) == ("\n\na\n\n\nb\n", "c\nd\n")


ENV_FILES = {
    "plain": ("BOKSINIT=server\nSHM_SIZE=16000\n", ["BOKSINIT=server", "SHM_SIZE=16000"]),
    "last counts": ("BOKSINIT=master\nBOKSINIT=client\n", ["BOKSINIT=master", "BOKSINIT=client"]),
    "anchored": ("OLD_BOKSINIT=master\n#BOKSINIT=master\nBOKSINIT=client\n", ["BOKSINIT=client"]),
    "comment": ("BOKSINIT=client # was master\n", ["BOKSINIT=client"]),
    "longer word": ("BOKSINIT=clientele\n", ["BOKSINIT=clientele"]),
    "export": ("  export \t BOKSINIT='client'; export BOKSINIT\n", ["BOKSINIT='client'"]),
    "no line feed": ("BOKSINIT=client", ["BOKSINIT=client"]),
    "other keys": ("LICENCE_KEY=hunter2\nBOKSINIT=client\nSHM_SIZE_OLD=1\n", ["BOKSINIT=client"]),
    "hostile": (
        'BOKSINIT=client`id`\nSHM_SIZE=$(id)16000\nBRIDGE_ACCEPT_MASTER_IPS="10.0.0.1 BCASTADDR"; rm x\n',
        ["BOKSINIT=client", "SHM_SIZE=", 'BRIDGE_ACCEPT_MASTER_IPS="10.0.0.1 BCASTADDR"'],
    ),
}


@pytest.mark.parametrize("case", ENV_FILES)
def test_the_role_is_read_as_a_shell_reads_assignments(tree: Tree, tmp_path: Path, shell: str, case: str) -> None:
    """Anchored, the last one counts, comments do not; and what leaves the host are three keys of plain characters."""
    text, lines = ENV_FILES[case]
    (tree.etc / "ENV").write_text(text)
    role, sequence = ask(install_gate(tree, tmp_path / "gate", shell=shell), "role sequence").sections
    assert (role.stdout.splitlines(), role.exit_status) == (lines, 0)
    is_client = case not in {"plain", "longer word"}
    assert (sequence.skipped == "client") is is_client


def test_the_run_of_boks_init_is_read_from_its_process(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Its process id and start; not where the id has become another program's, nor where nothing runs."""
    (tree.var / "LCK").mkdir()
    (tree.root / "boks_init").symlink_to("/bin/sleep")
    gate = install_gate(tree, tmp_path / "gate", shell=shell)
    daemon = subprocess.Popen([tree.root / "boks_init", "60"])
    other = subprocess.Popen(["sleep", "60"])
    try:
        (tree.var / "LCK" / "boks_init").write_text(f"{daemon.pid}\n")
        started = ask(gate, "role").boks_init
        (tree.var / "LCK" / "boks_init").write_text(f"{other.pid}\n")
        reused = ask(gate, "role").boks_init
    finally:
        for process in (daemon, other):
            process.kill()
            process.wait()
    (tree.var / "LCK" / "boks_init").write_text(f"{daemon.pid}\n")
    now = float(subprocess.run(["date", "+%s"], capture_output=True, check=True).stdout)
    assert started is not None
    assert started.is_same(ProcessStart(daemon.pid, started.started_at))
    assert now - 60 < started.started_at <= now + 1
    assert (reused, ask(gate, "role").boks_init) == (None, None)


def test_the_machine_gives_its_own_name(tree: Tree, tmp_path: Path, shell: str) -> None:
    name = subprocess.run(["uname", "-n"], capture_output=True, check=True, text=True).stdout.strip()
    assert ask(install_gate(tree, tmp_path / "gate", shell=shell), "role").machine == name


def test_the_oldest_file_of_the_queue_is_named(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Only files of the queue count, whatever else is in the spool and however old."""
    for file in tree.spool.iterdir():
        file.unlink()
    gate = install_gate(tree, tmp_path / "gate", shell=shell)
    assert ask(gate, "queue").sections[0].stdout == "files=0\n"
    (tree.spool / "dd_fcom_0").mkdir()
    assert ask(gate, "queue").sections[0].stdout == "files=0\n"
    (tree.spool / "dd_fcom_9").write_text("x")
    (tree.spool / "of two lines\n dd_fcom_8").write_text("x")
    assert re.fullmatch(r"files=1\noldest=-rw.* dd_fcom_9\n", ask(gate, "queue").sections[0].stdout)


def test_pipes_in_place_of_files_are_not_waited_for(tree: Tree, tmp_path: Path, shell: str) -> None:
    """A poll neither hangs at them nor loses the sections that do not need them."""
    (tree.var / "LCK").mkdir()
    (tree.etc / "ENV").unlink()
    for file in (tree.var / "LCK" / "boks_init", tree.var / "LCK" / "clntd", tree.etc / "ENV"):
        os.mkfifo(file)
    role, processes, sequence = ask(
        install_gate(tree, tmp_path / "gate", shell=shell, limit=1), "role processes sequence"
    ).sections
    assert (role.timed_out, sequence.exit_status) == (True, 0)
    assert processes.stdout.count("pid_file=none") == 3


def test_a_gate_that_is_sent_answers_a_loop(tree: Tree, shell: str) -> None:
    """Later requests follow on the same standard input as the script."""
    script = sent_script(tree.paths(), f"boks-gate/2 {NONCE} loop 60 role sequence")
    with Channel([shell, "-s"], script) as channel:
        first = parse_reply(channel.read_reply("role sequence", NONCE), NONCE)
        second = channel.ask("sequence role", "0b")
    assert [section.name for section in (*first.sections, *second.sections)] == [
        Section.ROLE,
        Section.SEQUENCE,
        Section.SEQUENCE,
        Section.ROLE,
    ]


def test_a_host_without_a_database_reports_that(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Only where the directory can be read and holds no file of a database, not even a link that leads nowhere."""
    gate = install_gate(tree, tmp_path / "gate", shell=shell)
    data = tree.var / "data"

    def said() -> bool:
        (role,) = ask(gate, "role").sections
        assert role.exit_status == 0
        return role.stdout.endswith("\ndatabase=absent\n")

    assert not said()
    (data / "tab7.dat").unlink()
    assert not said()
    (data / "sequence").unlink()
    assert said()
    (data / "removed-1.2").mkdir()
    (data / "removed-1.2" / "tab7.dat").write_text("x")
    assert said()
    (data / "tab9.dat").symlink_to("nowhere")
    assert not said()
    (data / "tab9.dat").unlink()
    data.rename(tree.var / "elsewhere")
    assert not said()
