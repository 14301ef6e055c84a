"""Requests and callers that mean harm to the gate."""

from pathlib import Path

from tests.unit.gate_tree import Tree, install

HOSTILE = [
    ("", "unknown_protocol"),
    (" ", "unknown_protocol"),
    ("sh", "unknown_protocol"),
    ("role", "unknown_protocol"),
    ("boks-gate/2 role", "unknown_protocol"),
    ("boks-gate/1/ role", "unknown_protocol"),
    ("role boks-gate/1", "unknown_protocol"),
    ("request-on-stdin", "unknown_protocol"),
    ("clean-root", "unknown_protocol"),
    ("clean boks-gate/1 role", "unknown_protocol"),
    ("boks-gate/1", "no_section"),
    ("boks-gate/1 ", "no_section"),
    ("boks-gate/1 roles", "unknown_word"),
    ("boks-gate/1 role convert", "unknown_word"),
    ("boks-gate/1 -c", "unknown_word"),
    ("boks-gate/1 -- role", "unknown_word"),
    ("boks-gate/1 /bin/sh", "unknown_word"),
    ("boks-gate/1 role/", "unknown_word"),
    ("boks-gate/1 role role", "repeated_word"),
    ("boks-gate/1 role list role", "repeated_word"),
    ("boks-gate/1 ROLE", "bad_character"),
    ("boks-gate/1 $(touch canary)", "bad_character"),
    ("boks-gate/1 `touch canary`", "bad_character"),
    ("boks-gate/1 role; touch canary", "bad_character"),
    ("boks-gate/1 role & touch canary", "bad_character"),
    ("boks-gate/1 role | touch canary", "bad_character"),
    ("boks-gate/1 role\ntouch canary", "bad_character"),
    ("boks-gate/1 role\n", "bad_character"),
    ("boks-gate/1\trole", "bad_character"),
    ("boks-gate/1 role\r", "bad_character"),
    ("boks-gate/1 *", "bad_character"),
    ("boks-gate/1 rol?", "bad_character"),
    ("boks-gate/1 [r]ole", "bad_character"),
    ("boks-gate/1 ~root", "bad_character"),
    ("boks-gate/1 'role'", "bad_character"),
    ('boks-gate/1 "role"', "bad_character"),
    ("boks-gate/1 ro\\le", "bad_character"),
    ("boks-gate/1 role >canary", "bad_character"),
    ("boks-gate/1 {role,list}", "bad_character"),
    ("boks-gate/1 %s", "bad_character"),
    ("boks-gate/1 =done", "bad_character"),
    ("boks-gate/1 rôle", "bad_character"),
    ("boks-gate/1 \uff52ole", "bad_character"),
    ("boks-gate/1 role\u2028list", "bad_character"),
    ("boks-gate/1 role\x1b[2J", "bad_character"),
    ("() { :; }; touch canary", "bad_character"),
    ("boks-gate/1 role" + " " * 185, "too_long"),
    ("boks-gate/1 role " + "x" * 100_000, "too_long"),
    ("$(touch canary)" * 20, "too_long"),
]


FUNCTIONS = ("printf", "sed", "test", "read", "date", "wait", "kill", "exec", "unset", "refuse", "main", "cat")
PROGRAMS = ("date", "sed", "tr", "od", "ps", "awk", "cat", "cksum", "sudo", "env", "sleep", "ls", "test")


class Bait:
    """A gate whose boksadm tells that it was run, on a host where nothing may be run."""

    def __init__(self, root: Path, shell: str = "/bin/sh") -> None:
        self.tree = Tree(root / "host")
        self.tree.boksadm_is('touch "${0%/*}/canary"\n')
        self.gate = install(self.tree, root / "gate", shell=shell)
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
