"""A file system of its own that fills up and becomes read-only, in a mount namespace."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.durability.stores import STORES, Store

_ROOT = Path(__file__).resolve().parents[2]
_WRITES = 8
_SIZE = "512k"


def mounted(directory: Path) -> list[str]:
    """Run this module on a small file system; return the faults."""
    command = ["unshare", "--mount", sys.executable, "-m", "tests.durability.mounts", str(directory)]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True)
    return list(json.loads(done.stdout))


def main(directory: Path) -> None:
    """Fill the file system, and remount it, under each file."""
    faults = []
    _run("mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(directory))
    for kind, make in STORES.items():
        file = make(directory / f"{kind.replace(' ', '-')}.sqlite")
        for number in range(1, _WRITES + 1):
            file.write(number)
        filler = directory / "filler"
        faults += [f"{kind}, full: {each}" for each in _survives(file, lambda path=filler: _fill(path), filler.unlink)]
        remount = ("mount", "-o", "remount,{}", str(directory))
        faults += [
            f"{kind}, read-only: {each}"
            for each in _survives(
                file,
                lambda words=remount: _run(*(word.format("ro") for word in words)),
                lambda words=remount: _run(*(word.format("rw") for word in words)),
            )
        ]
    json.dump(faults, sys.stdout)


def _survives(file: Store, begin: Callable[[], object], end: Callable[[], object]) -> Iterator[str]:
    """Write during a fault and after its end; nothing that was confirmed before is lost."""
    before = file.read()
    begin()
    try:
        file.write(before + 1)
        yield "a write was confirmed"
    except file.expected:
        pass
    end()
    if file.read() != before:
        yield f"confirmed {before}, found {file.read()}"
    file.write(before + 1)
    if file.read() != before + 1:
        yield "the next write is lost"


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
