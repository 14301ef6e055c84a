"""System calls that fail while a file is written: ENOSPC, EIO, EDQUOT and EROFS at every call in turn.

Run as a program of its own, since the C library's calls are replaced by a small one in front of it (LD_PRELOAD).
"""

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests.durability.stores import STORES, Store

ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS")
_ROOT = Path(__file__).resolve().parents[2]
_MOST_CALLS = 200
_CALLS = {
    "pwrite64": ("ssize_t", "int fd, const void *data, size_t size, off_t at", "fd, data, size, at"),
    "pwrite": ("ssize_t", "int fd, const void *data, size_t size, off_t at", "fd, data, size, at"),
    "write": ("ssize_t", "int fd, const void *data, size_t size", "fd, data, size"),
    "fsync": ("int", "int fd", "fd"),
    "fdatasync": ("int", "int fd", "fd"),
    "ftruncate64": ("int", "int fd, off_t size", "fd, size"),
    "ftruncate": ("int", "int fd, off_t size", "fd, size"),
    "unlink": ("int", "const char *path", "path"),
    "fallocate": ("int", "int fd, int mode, off_t at, off_t size", "fd, mode, at, size"),
}


def source() -> str:
    """The replaced calls in C: after `fault_after(calls, error)` all but so many of them fail."""
    lines = [
        "#define _GNU_SOURCE",
        *(f"#include <{name}.h>" for name in ("dlfcn", "errno", "sys/types")),
        "static int left = -1, error, counted;",
        "void fault_after(int calls, int number) { left = calls; error = number; counted = 0; }",
        "int fault_calls(void) { return counted; }",
        "static int fails(void) { counted++; if (left < 0 || left-- > 0) return 0;",
        "                         left = 0; errno = error; return 1; }",
    ]
    for name, (result, parameters, arguments) in _CALLS.items():
        lines.append(
            f"{result} {name}({parameters}) {{ static {result} (*real)({parameters}); "
            f'if (!real) real = dlsym(RTLD_NEXT, "{name}"); return fails() ? -1 : real({arguments}); }}'
        )
    return "\n".join(lines) + "\n"


def failing(
    directory: Path, kinds: tuple[str, ...] = tuple(STORES), errors: tuple[str, ...] = ERRORS
) -> tuple[dict[str, int], list[str]]:
    """Compile the replaced calls and run this module with them; return how many calls failed, and the faults."""
    (directory / "calls.c").write_text(source(), encoding="ascii")
    library = directory / "calls.so"
    compiler = shutil.which("cc")
    assert compiler, "cc is not installed: run scripts/setup-system"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, directory / "calls.c", "-ldl"], check=True)
    command = [sys.executable, "-m", "tests.durability.faults", str(directory), ",".join(kinds), ",".join(errors)]
    environment = os.environ | {"LD_PRELOAD": str(library), "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    failed, faults = json.loads(done.stdout)
    return failed, faults


def main(directory: Path, kinds: list[str], errors: list[str]) -> None:
    """Make each call of a write fail in turn, and all calls behind it."""
    calls = ctypes.CDLL(os.environ["LD_PRELOAD"])
    failed = dict.fromkeys(kinds, 0)
    faults = []
    for kind, name in product(kinds, errors):
        for at in range(_MOST_CALLS):
            file = STORES[kind](directory / f"{kind.replace(' ', '-')}-{name}-{at}.sqlite")
            file.write(1)
            file.write(2)
            confirmed, made = _write_failing(file, calls, at, getattr(errno, name))
            faults += [f"{kind}, {name} from call {at} on: {fault}" for fault in _look(file, confirmed)]
            if made <= at:
                break
            failed[kind] += 1
        else:
            faults.append(f"{kind}: a write has more than {_MOST_CALLS} calls")
    json.dump((failed, faults), sys.stdout)


def _write_failing(file: Store, calls: ctypes.CDLL, at: int, number: int) -> tuple[int, int]:
    """Make the third write; return the newest one that was confirmed, and the number of calls."""
    confirmed = 2
    calls.fault_after(at, number)
    try:
        file.write(3)
        confirmed = 3
    except file.expected:
        pass
    finally:
        made = calls.fault_calls()
        calls.fault_after(-1, 0)
    return confirmed, made


def _look(file: Store, confirmed: int) -> Iterator[str]:
    """Read, write once more without a fault, and read."""
    try:
        found = file.read()
        if found not in {confirmed, 3}:
            yield f"confirmed {confirmed}, found {found}"
        file.write(found + 1)
        if file.read() != found + 1:
            yield "the next write is lost"
    except Exception as error:  # noqa: BLE001 - whatever makes it unusable
        yield f"unusable afterwards: {error!r}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3].split(","))
