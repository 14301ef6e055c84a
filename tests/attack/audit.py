"""What a batch has executed, written and connected to, read from strace."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_CHANGES: Final = (
    "unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,mknod,mknodat,"
    "truncate,chmod,fchmodat,chown,lchown,fchownat,utimensat,setxattr,mount,creat"
)
_TRACED: Final = f"execve,chdir,fchdir,open,openat,connect,{_CHANGES}"
_CALL: Final = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)", re.DOTALL)
_RESUMED: Final = re.compile(r"(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)", re.DOTALL)
_TEXT: Final = re.compile(r'(?:<(?P<base>/[^>]*)>, )?"(?P<text>(?:[^"\\]|\\.)*)"')
_WRITES: Final = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)")
_UNFINISHED: Final = " <unfinished ...>"


def command(trace: Path) -> list[str]:
    """The command before which a batch is run; only the traced calls cost time."""
    return ["strace", "-f", "-y", "--seccomp-bpf", "-q", "-s", "4096", "-e", f"trace={_TRACED}", "-o", str(trace)]


@dataclass
class Audit:
    """The arguments of all programs, the paths of all writes, and the addresses of all connections."""

    programs: list[tuple[str, ...]] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    connected: set[str] = field(default_factory=set)


def read_audit(trace: Path) -> Audit:
    """Read a trace; its first process is the one that sends, which is not audited."""
    audit, sender, here = Audit(), "", dict[str, str]()
    for pid, name, rest in _calls(trace.read_text(errors="replace")):
        sender = sender or pid
        failed = re.search(r"\) += -1 ", rest)
        if pid == sender or failed:
            continue
        if name == "execve":
            audit.programs.append(tuple(found["text"] for found in _TEXT.finditer(rest))[1:])
        elif name == "chdir":
            here[pid] = next(_paths(rest, here.get(pid, "")))
        elif name == "fchdir":
            here[pid] = rest.partition("<")[2].partition(">")[0]
        elif name == "connect":
            if "AF_UNIX" not in rest and "AF_NETLINK" not in rest:
                audit.connected.add(rest)
        elif name not in {"open", "openat"} or _WRITES.search(rest):
            audit.written.update(_paths(rest, here.get(pid, "")))
    return audit


def _paths(rest: str, here: str) -> Iterator[str]:
    """The paths among the arguments of a call, from the root where the trace names the directory."""
    for found in _TEXT.finditer(rest):
        yield os.path.normpath(Path(found["base"] or here, found["text"]))


def _calls(text: str) -> Iterator[tuple[str, str, str]]:
    """The calls of a trace as process, name, and arguments with the result; a call cut by another one is joined."""
    cut: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in text.splitlines():
        if (found := _RESUMED.fullmatch(line)) and cut[found["pid"]]:
            name, start = cut[found["pid"]].pop()
            yield found["pid"], name, start + found["rest"]
        elif found := _CALL.fullmatch(line):
            if found["rest"].endswith(_UNFINISHED):
                cut[found["pid"]].append((found["name"], found["rest"].removesuffix(_UNFINISHED)))
            else:
                yield found["pid"], found["name"], found["rest"]
    for pid, calls in cut.items():  # ended in the call: counted as if it had been made
        yield from ((pid, *call) for call in calls)
