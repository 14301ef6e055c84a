"""The requests of the operator's key, which no other key can send."""

from pathlib import Path

import pytest

from tests.unit.gate_runs import NONCE, install_gate
from tests.unit.operator_host import DATA, OperatorHost, ask

EXACT = [
    "preflight",
    "registered",
    "reach 127.0.0.1 1",
    "lock R1 alice:console",
    "lock-show",
    "unlock R1",
    "break-lock R1",
    "record R1.1",
    "do R1.1 convert master",
    "do R1.1 convert server",
    "do R1.1 convert client",
    "do R1.1 boot-stop",
    "do R1.1 boot-start",
    "do R1.1 set-shm-size 16000",
    "do R1.1 remove-database",
    "do R1.1 restore-database R1.0",
    "void R1.1",
    "asides",
    "do R1.1 remove-aside R1.0",
    "freeze 604800 alice:console new_disks",
    "unfreeze",
]

WRONG = [
    ("", "unknown_word"),
    ("do", "unknown_word"),
    ("do R1.1", "unknown_word"),
    ("do R1.1 convert", "unknown_word"),
    ("do R1.1 convert replica", "unknown_word"),
    ("do R1.1 convert master client", "unknown_word"),
    ("do R1.1 boot", "unknown_word"),
    ("do R1.1 boot-stop now", "unknown_word"),
    ("do R1.1 remove-database R1.1", "unknown_word"),
    ("do R1.1 boksdiag list", "unknown_word"),
    ("do R1.1 /bin/sh", "unknown_word"),
    ("do convert master", "unknown_word"),
    ("convert master", "unknown_word"),
    ("preflight preflight", "unknown_word"),
    ("lock R1", "unknown_word"),
    ("lock R1 alice bob", "unknown_word"),
    ("unlock", "unknown_word"),
    ("operator", "unknown_word"),
    ("do R1 boot-stop", "bad_argument"),
    ("do .1 boot-stop", "bad_argument"),
    ("do R1. boot-stop", "bad_argument"),
    ("do R1..1 boot-stop", "bad_argument"),
    ("do -R1.1 boot-stop", "bad_argument"),
    ("do ../R1.1 boot-stop", "bad_argument"),
    ("do R1/x.1 boot-stop", "bad_argument"),
    ("do R1_x.1 boot-stop", "bad_argument"),
    ("do R1.1/../../x boot-stop", "bad_argument"),
    (f"do R1.{'x' * 70} boot-stop", "bad_argument"),
    (f"do {'x' * 41}.1 boot-stop", "bad_argument"),
    ("record R1", "bad_argument"),
    ("void R1", "bad_argument"),
    ("void", "unknown_word"),
    ("asides R1.1", "unknown_word"),
    ("freeze 60 alice", "unknown_word"),
    ("freeze 60 alice new disks", "unknown_word"),
    ("unfreeze R1", "unknown_word"),
    ("do R1.1 remove-aside", "unknown_word"),
    ("do R1.1 remove-aside ..", "bad_argument"),
    ("do R1.1 remove-aside R1", "bad_argument"),
    ("do R1.1 remove-aside R1.1/..", "bad_argument"),
    ("freeze 0 alice why", "bad_argument"),
    ("freeze 604801 alice why", "bad_argument"),
    ("freeze soon alice why", "bad_argument"),
    (f"freeze 60 {'a' * 65} why", "bad_argument"),
    (f"freeze 60 alice {'w' * 121}", "bad_argument"),
    ("do R1.1 restore-database ..", "bad_argument"),
    ("do R1.1 restore-database /etc", "bad_argument"),
    ("do R1.1 set-shm-size 0", "bad_argument"),
    ("do R1.1 set-shm-size 016000", "bad_argument"),
    ("do R1.1 set-shm-size -1", "bad_argument"),
    ("do R1.1 set-shm-size 999999999", "bad_argument"),
    ("do R1.1 set-shm-size many", "bad_argument"),
    ("lock ../x alice", "bad_argument"),
    ("lock R1.1 alice", "bad_argument"),
    (f"lock R1 {'a' * 65}", "bad_argument"),
    ("reach -x 22", "bad_argument"),
    ("reach /etc/passwd 22", "bad_argument"),
    ("reach host 0", "bad_argument"),
    ("reach host 65536", "bad_argument"),
    ("reach host ssh", "bad_argument"),
    ("do R1.1 convert $(touch canary)", "bad_character"),
    ("do R1.1 convert master;touch canary", "bad_character"),
    ("lock R1 'alice'", "bad_character"),
    ("lock R1 alice@console", "bad_character"),
    ("do R*.1 boot-stop", "bad_character"),
    ("reach host 22 " + "x" * 400, "too_long"),
]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> OperatorHost:
    return OperatorHost(tmp_path_factory.mktemp("operator"))


@pytest.mark.parametrize(("line", "reason"), WRONG, ids=range(len(WRONG)))
def test_what_has_not_the_exact_shape_is_refused(host: OperatorHost, line: str, reason: str) -> None:
    """One frame with the reason, status 64; nothing is run, nothing is written."""
    assert ask(host, f"boks-gate/2 {NONCE} op {line}") == (f"=refused {reason}\n", 64)
    assert (host.ran, host.state.exists()) == ([], False)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "unknown_protocol"),
        ("op preflight", "unknown_protocol"),
        ("boks-gate/1 op preflight", "unknown_protocol"),
        ("boks-gate/2 op preflight", "bad_nonce"),
        (f"boks-gate/2 {NONCE}", "unknown_word"),
        (f"boks-gate/2 {NONCE} preflight", "unknown_word"),
        (f"boks-gate/2 {NONCE} role", "unknown_word"),
        (f"boks-gate/2 {NONCE} role op preflight", "unknown_word"),
        (f"boks-gate/2 {NONCE} loop 60 op preflight", "unknown_word"),
    ],
)
def test_the_operators_key_has_no_other_words(host: OperatorHost, line: str, reason: str) -> None:
    """It asks for changes only, one at a time: the reading key has a gate of its own."""
    assert ask(host, line) == (f"=refused {reason}\n", 64)


@pytest.mark.parametrize("line", EXACT)
def test_the_reading_gate_knows_none_of_it(tmp_path: Path, line: str) -> None:
    """Though root's configuration allows changes: no line of the reading gate could make one."""
    host = OperatorHost(tmp_path)
    host.gate = install_gate(host.tree, tmp_path / "gate", settings=f"gate_state='{host.state}'\n")
    reply, status = ask(host, f"boks-gate/2 {NONCE} op {line}")
    assert (reply.startswith("=refused "), status) == (True, 64)
    assert (host.ran, host.database()) == ([], set(DATA))
    text = host.gate.read_text()
    assert not [
        word for word in ("convert", "Boot", "removed-", "cadm", "/lock", "/freeze", "records/") if word in text
    ]


@pytest.mark.parametrize("line", EXACT)
def test_the_key_is_not_enough(tmp_path: Path, line: str) -> None:
    """Root's configuration must say so, too."""
    host = OperatorHost(tmp_path)
    host.gate.write_text(host.gate.read_text().replace("gate_operator=yes", "gate_operator=no"))
    assert ask(host, f"boks-gate/2 {NONCE} op {line}") == ("=refused operator_disabled\n", 64)
    assert (host.ran, host.state.exists()) == ([], False)


def test_no_command_of_the_client_becomes_an_argument_of_the_gate(host: OperatorHost) -> None:
    """Whatever the client executes, it cannot choose the gate's own first argument."""
    for command in ("worker R1.1 token R1.1 boot-stop", "clean-worker R1.1 token R1.1 boot-stop", "clean-root", "sh"):
        assert ask(host, f"boks-gate/2 {NONCE} op preflight", command=command)[0] == "=refused unknown_protocol\n"
    assert (host.ran, host.state.exists()) == ([], False)
