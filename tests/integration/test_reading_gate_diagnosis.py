"""The sections of the reading gate for processes, disk space and diagnosis, under every shell."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.shells import fixture_of_shells
from tests.unit.gate_processes import wait_until
from tests.unit.gate_runs import ask, install_gate
from tests.unit.gate_tree import Tree

shell = fixture_of_shells()


def listing(tree: Tree, *lines: str) -> str:
    """Make a `ps` that prints these lines, and return the gate's setting for it."""
    (tree.root / "ps").write_text("#!/bin/sh\ncat <<'END'\n" + "".join(f"{line}\n" for line in lines) + "END\n")
    (tree.root / "ps").chmod(0o755)
    return f"gate_ps='{tree.root}/ps'\n"


def pid_file(tree: Tree, name: str, text: str) -> None:
    (tree.var / "LCK").mkdir(exist_ok=True)
    (tree.var / "LCK" / name).write_text(text)


def test_processes_are_found_by_program_and_pid_file(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Arguments, editors and other programs of similar names do not count, and a stale pid file is reported."""
    settings = listing(
        tree,
        "  100 /opt/boksm/lib/boks_init -x",
        "  101 boks_servc: waiting",
        "  102 /usr/bin/vi boks_clntd",
        "  103 /opt/boksm/lib/boks_bridge -xn servm.r",
        "  104 boks_bridge -x servc.s",
        "  105 grep boks_bridge.*master.s",
        "  106 boks_bridge servcXr",
        "  107 boks_masterful",
    )
    pid_file(tree, "boks_init", " 100\n")
    pid_file(tree, "servc4", "99\n")
    (section,) = ask(install_gate(tree, tmp_path / "gate", shell=shell, settings=settings), "processes").sections
    assert (section.exit_status, section.stderr) == (0, "")
    assert section.stdout.splitlines() == [
        "boks_init=running pid_file=match",
        "boks_servc=running pid_file=stale",
        "boks_clntd=missing pid_file=none",
        "servm.r=running",
        "servc.s=running",
        "servc.r=missing",
        "master.s=missing",
        "boks_master=missing",
        "boks_drainmast=missing",
    ]


def test_a_running_program_is_found_by_the_systems_own_ps(tree: Tree, tmp_path: Path, shell: str) -> None:
    """A real process under the name of a daemon, with its real pid file."""
    program = tree.root / "boks_clntd"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "600"]) as daemon:
        try:
            pid_file(tree, "clntd", f"{daemon.pid}\n")
            (section,) = ask(install_gate(tree, tmp_path / "gate", shell=shell), "processes").sections
        finally:
            daemon.kill()
    assert "boks_clntd=running pid_file=match" in section.stdout.splitlines()


def test_a_process_is_known_by_its_first_word_alone(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Whatever its arguments are; and a bridge's name counts among those of a bridge only."""
    arguments = {"other": "/opt/boksm/lib/boks_clntd boks_bridge servm.r", "boks_bridge": "-xn servc.s"}
    gate = install_gate(tree, tmp_path / "gate", shell=shell)
    with ExitStack() as stack:
        for name, words in arguments.items():
            argv = [f"{tree.root}/{name}", "-c", "import sys; sys.stdin.read()", *words.split()]
            process = stack.enter_context(subprocess.Popen(argv, executable=sys.executable, stdin=subprocess.PIPE))
            wait_until(has_arguments(process.pid, words))
        (section,) = ask(gate, "processes").sections
    assert [line for line in section.stdout.splitlines() if "running" in line] == ["servc.s=running"]


def has_arguments(pid: int, words: str) -> Callable[[], bool]:
    """Between fork and exec a process has its parent's."""
    return lambda: words.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")


def test_the_free_space_of_boks_var(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Size and free space of the file system, in kB."""
    (section,) = ask(install_gate(tree, tmp_path / "gate", shell=shell), "diskspace").sections
    total, free = (int(line.partition("=")[2]) for line in section.stdout.splitlines())
    system = os.statvfs(tree.var)
    assert section.stdout.startswith("total_kilobytes=")
    assert 0 < free <= total <= system.f_blocks * system.f_frsize // 1024 + 1


def test_the_ports_of_the_named_master(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Four ports from the base of /etc/services on: open ones are reachable, closed ones refused."""
    with ExitStack() as stack:
        base, listeners = four_free_ports(stack)
        for listener in listeners[:2]:
            listener.listen()
        services = tmp_path / "services"
        services.write_text(f"ssh 22/tcp\nboks {base}/tcp # base\n")
        settings = f"gate_services='{services}'\ngate_master=127.0.0.1\n"
        (section,) = ask(install_gate(tree, tmp_path / "gate", shell=shell, settings=settings), "ports").sections
    assert section.stdout.splitlines() == [
        f"127.0.0.1 {base + offset} {'reachable' if offset < 2 else 'refused'}" for offset in range(4)
    ]


def four_free_ports(stack: ExitStack) -> tuple[int, list[socket.socket]]:
    """Bind four neighbouring ports, which refuse connections until somebody listens."""
    for base in range(20_000, 32_000, 4):
        with ExitStack() as attempt:
            try:
                sockets = [attempt.enter_context(socket.create_server(("127.0.0.1", base), backlog=1))]
                sockets[0].close()
                bound = []
                for offset in range(4):
                    each = attempt.enter_context(socket.socket())
                    each.bind(("127.0.0.1", base + offset))
                    bound.append(each)
            except OSError:
                continue
            stack.push(attempt.pop_all())
            return base, bound
    pytest.fail("no four free ports in a row")


def test_ports_without_a_named_master_are_not_probed(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Words of bcastaddr that are no addresses are not resolved, and a request cannot name a host."""
    (tree.etc / "bcastaddr").write_text("# 127.0.0.1\nmaster1 999\n")
    gate = install_gate(tree, tmp_path / "gate", shell=shell)
    (section,) = ask(gate, "ports").sections
    assert (section.stdout, section.exit_status) == ("", 1)
    assert "names a master" in section.stderr
    (tree.etc / "bcastaddr").write_text("@ 127.0.0.1 broadcast\n")
    (section,) = ask(gate, "ports").sections
    assert [line.rpartition(" ")[0] for line in section.stdout.splitlines()] == [
        f"127.0.0.1 {port}" for port in range(6500, 6504)
    ]


@pytest.mark.parametrize("init", ["master", "server", "client"])
def test_boks_own_commands_for_diagnosis(tmp_path: Path, shell: str, init: str) -> None:
    """The check value everywhere, the database's replicas and the queue on a master only."""
    tree = Tree(tmp_path / "host", init)
    tree.boksadm_is(
        'case "$*" in\n'
        "'-S hostkey -c') echo 4711 ;;\n"
        "'-S hostadm -l -t BOKSREPLICA -S') echo REPHOST3 ;;\n"
        "'-S boksdiag fque -master') printf 'anything\\033 at all\\n' ;;\n"
        "*) exit 99 ;;\nesac\n"
    )
    sections = ask(install_gate(tree, tmp_path / "gate", shell=shell), "hostkey registered fque").sections
    shown = [section.stdout or section.skipped for section in sections]
    assert shown == ["4711\n", *(["REPHOST3\n", "anything? at all\n"] if init == "master" else ["not_master"] * 2)]


def test_a_hanging_ps_costs_its_own_section_only(tree: Tree, tmp_path: Path, shell: str) -> None:
    """The time limit cuts the new sections like the others, and leaves nothing behind."""
    (tree.root / "ps").write_text(f"#!/bin/sh\nexec '{tree.forever}' 600\n")
    (tree.root / "ps").chmod(0o755)
    gate = install_gate(tree, tmp_path / "gate", shell=shell, limit=1, settings=f"gate_ps='{tree.root}/ps'\n")
    processes, diskspace = ask(gate, "processes diskspace").sections
    assert (processes.timed_out, diskspace.exit_status) == (True, 0)
