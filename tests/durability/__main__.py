"""`make durability`: kill, fill, break and remount under the state file and the journal, and write the figures."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from tests.durability.faults import failing
from tests.durability.kills import killed
from tests.durability.mounts import mounted
from tests.durability.stores import STORES

FIGURES: Final = Path(__file__).resolve().parents[2] / "docs" / "durability.json"


def main() -> int:
    """Run everything; every fault is printed, and the command ends with 1 then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="of each file's writer")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="durability") as directory:
        rows = [*_rows(Path(directory), given.kills)]
    for row in rows:
        for fault in (faults := row.pop("faults")):
            print(f"{row['what']}: {fault}", file=sys.stderr)  # noqa: T201 - faults are what is looked for
        row["lost"] = len(faults)
    FIGURES.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row["lost"] for row in rows) else 0


def _rows(directory: Path, kills: int) -> Iterator[dict[str, Any]]:
    with ProcessPoolExecutor() as pool:
        running = {kind: pool.submit(killed, kind, directory, kills) for kind in STORES}
        for kind, each in running.items():
            writes, faults = each.result()
            what = f"kill -9 of the writer of the {kind} ({writes} writes confirmed)"
            yield {"what": what, "times": kills, "faults": faults}
    failed, faults = failing(directory)
    for kind, times in failed.items():
        found = [fault for fault in faults if fault.startswith(kind)]
        yield {
            "what": f"ENOSPC, EIO, EDQUOT or EROFS from a call of a write on, {kind}",
            "times": times,
            "faults": found,
        }
    (mount := directory / "mount").mkdir()
    faults = mounted(mount)
    yield {"what": "file system full, and remounted read-only, state file and journal", "times": 4, "faults": faults}


if __name__ == "__main__":
    raise SystemExit(main())
