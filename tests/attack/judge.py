"""Compare what a gate answered and did with what the oracle permits; every difference is a fault."""

import re
from collections.abc import Iterator
from typing import Final

from tests.attack.audit import Audit
from tests.attack.batch import GroupMet, Met
from tests.attack.hosts import AttackedHost
from tests.attack.oracle import OPERATOR, READING, Verdict

_REFUSAL: Final = re.compile(rb"=(?:[0-9a-f]{1,40} )?refused [a-z_]+\n")
_NO_LOCALE: Final = re.compile(rb".*: setlocale: .*\n")
"""What bash and mksh say of a client's locale before they have read the gate."""
_TOOLS: Final = frozenset(
    (
        *(
            "test",
            "env",
            "uname",
            "sed",
            "date",
            "sleep",
            "id",
            "ps",
            "awk",
            "mawk",
            "gawk",
            "kill",
            "ls",
            "rm",
            "mkdir",
        ),
        *("wc", "tail", "cksum", "df", "cat", "tr", "mv", "ln", "du", "who", "rmdir", "loginctl", "setsid"),
        *("printf", "grep", "sort", "perl", "timeout", "bash"),
    )
)
"""Programs that a gate may start, other than itself and those of BoKS: POSIX utilities, and what opens connections."""
_ALWAYS: Final = r"/dev/null|/dev/shm/sf\w+\.\w+"
"""The second is ksh93's own file for what a command substitution prints; it is removed as it is made."""
_WRITABLE: Final = {
    READING: r"{root}/state(?:/polls(?:/\d+)?)?|{root}/host/(?:ran|spans)",
    OPERATOR: (
        r"{root}/state(?:/(?:lock|freeze|change|probe|once|records)[\w./-]*)?|{root}/host/(?:ran|spans)"
        r"|{root}/host/etc/ENV(?:\.new)?|{root}/host/var/data/(?:tab\d+\.dat|sequence|removed-[\w./-]+)"
    ),
}


def fault_of_reply(verdict: Verdict, met: Met) -> str:
    """What is wrong with one answer; empty where nothing is."""
    out = met.out
    for line in verdict.answered:
        mark = f"={line.nonce} ".encode()
        found = re.match(
            re.escape(mark) + rb"boks-gate/2 .*?\n" + re.escape(mark) + rb"done sections=\d+\n", out, re.DOTALL
        )
        if not found:
            return "expected an answer"
        out = out[found.end() :]
    if verdict.refused and not _REFUSAL.fullmatch(out):
        return "expected a refusal"
    if not verdict.refused and out:
        return "expected nothing more"
    if met.status != (64 if verdict.refused else 0):
        return "expected another status"
    return "expected no text on standard error" if _NO_LOCALE.sub(b"", met.err) else ""


def fault_of_commands(verdicts: list[Verdict], met: GroupMet) -> str:
    """Whether BoKS commands were run that no request of the group permits, or without the lock of their run."""
    left = list(met.ran)
    locks = {met.lock} | {line.run for verdict in verdicts for line in verdict.answered if line.takes_lock}
    for verdict in verdicts:
        for line in verdict.answered:
            for command in line.commands:
                if command in left and (not line.run or line.run in locks):
                    left.remove(command)
    return f"ran {left}" if left else ""


def faults_of_audit(host: AttackedHost, gate_kind: str, audit: Audit, *, touches_nothing: bool) -> Iterator[str]:
    """Name each program, file and connection that none of a batch's requests may have started or touched."""
    shell, gate, root = str(host.shell), str(host.gate), str(host.tree.root.parent)
    for argv in set(audit.programs):
        if not (_is_beginning(argv, shell, gate) or (not touches_nothing and _is_tool(argv, shell, gate, host))):
            yield f"executed {argv}"
    pattern = _ALWAYS if touches_nothing else f"{_ALWAYS}|{_WRITABLE[gate_kind].replace('{root}', root)}"
    yield from (f"wrote {path}" for path in audit.written if not re.fullmatch(pattern, path))
    if touches_nothing:
        yield from (f"connected to {address}" for address in audit.connected)


def _is_beginning(argv: tuple[str, ...], shell: str, gate: str) -> bool:
    """What an installed gate does before it has read a request: it starts again without an environment."""
    if argv in {(gate,), ("/usr/bin/test", "-x", "/usr/xpg4/bin/sh")}:
        return True
    begun = (shell, gate, "clean")
    return (argv[:5] == ("/usr/bin/env", "-i", *begun) and len(argv) == 6) or (argv[:3] == begun and len(argv) == 4)


def _is_tool(argv: tuple[str, ...], shell: str, gate: str, host: AttackedHost) -> bool:
    if argv[0] == str(host.tree.boksadm):
        return argv[1:2] == ("-S",)
    if argv[:3] in {(shell, gate, "clean-worker"), ("/usr/bin/env", "-i", shell)} or argv[:2] == (gate, "worker"):
        return True
    name = argv[0].rpartition("/")[2]
    # Other words of find would run or remove something; the gate compares two times.
    return name in _TOOLS or (name == "find" and len(argv) == 4 and argv[2] == "-newer")
