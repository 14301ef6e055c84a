"""Requests and callers that mean harm to the gate."""

from pathlib import Path

from tests.unit.gate_runs import install_gate
from tests.unit.gate_tree import Tree

HOSTILE = [
    ("", "unknown_protocol"),
    (" ", "unknown_protocol"),
    ("sh", "unknown_protocol"),
    ("role", "unknown_protocol"),
    ("boks-gate/1 role", "unknown_protocol"),
    ("boks-gate/2/ 0a role", "unknown_protocol"),
    ("role boks-gate/2", "unknown_protocol"),
    ("request-on-stdin", "unknown_protocol"),
    ("clean-root", "unknown_protocol"),
    ("clean boks-gate/2 0a role", "unknown_protocol"),
    ("boks-gate/2 0a", "no_section"),
    ("boks-gate/2 0a ", "no_section"),
    ("boks-gate/2 0a roles", "unknown_word"),
    ("boks-gate/2 0a role convert", "unknown_word"),
    ("boks-gate/2 0a -c", "unknown_word"),
    ("boks-gate/2 0a -- role", "unknown_word"),
    ("boks-gate/2 0a /bin/sh", "unknown_word"),
    ("boks-gate/2 0a role/", "unknown_word"),
    ("boks-gate/2 0a role role", "repeated_word"),
    ("boks-gate/2 0a role list role", "repeated_word"),
    ("boks-gate/2 0a ROLE", "bad_character"),
    ("boks-gate/2 0a $(touch canary)", "bad_character"),
    ("boks-gate/2 0a `touch canary`", "bad_character"),
    ("boks-gate/2 0a role; touch canary", "bad_character"),
    ("boks-gate/2 0a role & touch canary", "bad_character"),
    ("boks-gate/2 0a role | touch canary", "bad_character"),
    ("boks-gate/2\t0a role", "bad_character"),
    ("boks-gate/2 role", "bad_nonce"),
    ("boks-gate/2 0A role", "bad_character"),
    ("boks-gate/2 0a loop role", "bad_loop"),
    ("boks-gate/2 0a role loop 60", "unknown_word"),
    ("boks-gate/2 0a op preflight", "unknown_word"),
    ("boks-gate/2 0a role\r", "bad_character"),
    ("boks-gate/2 0a *", "bad_character"),
    ("boks-gate/2 0a rol?", "bad_character"),
    ("boks-gate/2 0a [r]ole", "bad_character"),
    ("boks-gate/2 0a ~root", "bad_character"),
    ("boks-gate/2 0a 'role'", "bad_character"),
    ('boks-gate/1 "role"', "bad_character"),
    ("boks-gate/2 0a ro\\le", "bad_character"),
    ("boks-gate/2 0a role >canary", "bad_character"),
    ("boks-gate/2 0a {role,list}", "bad_character"),
    ("boks-gate/2 0a %s", "bad_character"),
    ("boks-gate/2 0a =done", "bad_character"),
    ("boks-gate/2 0a rôle", "bad_character"),
    ("boks-gate/2 0a \uff52ole", "bad_character"),
    ("boks-gate/2 0a role\u2028list", "bad_character"),
    ("boks-gate/2 0a role\x1b[2J", "bad_character"),
    ("() { :; }; touch canary", "bad_character"),
    ("boks-gate/2 0a role" + " " * 385, "too_long"),
    ("boks-gate/2 0a role " + "x" * 100_000, "too_long"),
    ("$(touch canary)" * 40, "too_long"),
]


FUNCTIONS = ("printf", "sed", "test", "read", "date", "wait", "kill", "exec", "unset", "refuse", "main", "cat")
PROGRAMS = ("date", "sed", "tr", "od", "ps", "awk", "cat", "cksum", "sudo", "env", "sleep", "ls", "test")


class Bait:
    """A gate whose boksadm tells that it was run, on a host where nothing may be run."""

    def __init__(self, root: Path, shell: str = "/bin/sh") -> None:
        self.tree = Tree(root / "host")
        self.tree.boksadm_is('touch "${0%/*}/canary"\n')
        self.gate = install_gate(self.tree, root / "gate", shell=shell)
        self.before = self.files()

    def files(self) -> set[Path]:
        return set(self.tree.root.parent.rglob("*"))


class HostileCaller:
    """An environment in which every variable and every program would create the canary."""

    def __init__(self, directory: Path, canary: Path) -> None:
        directory.mkdir()
        bomb = f"touch '{canary}'"
        for name in PROGRAMS:
            (directory / name).write_text(f"#!/bin/sh\n{bomb}\n")
            (directory / name).chmod(0o755)
        (directory / "rc").write_text(f"{bomb}\n")
        self.files = {directory, *directory.iterdir()}
        self.environment = {
            "PATH": str(directory),
            "ENV": str(directory / "rc"),
            "BASH_ENV": str(directory / "rc"),
            "IFS": "e",
            "CDPATH": str(directory),
            "TZ": "Pacific/Kiritimati",
            "LC_ALL": "xx_YY",
            "gate_etc": "/nowhere",
            "gate_sent": "yes",
            "gate_prefix": "sudo",
            **{f"BASH_FUNC_{name}%%": f"() {{ {bomb}; }}" for name in FUNCTIONS},
        }
