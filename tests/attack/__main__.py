"""`make attack`: send a hundred thousand requests to both gates under five shells, and write the figures.

Every fault is printed; the command ends with 1 then.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.attack.attack import GATES, Figures, attack
from tests.attack.hosts import SHELLS

FIGURES: Final = Path(__file__).resolve().parents[2] / "docs" / "attacks.json"


def main() -> int:
    """Attack every gate under every shell, an equal share each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace-one-in", type=int, default=4, help="of the batches that must be refused")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    pairs = [(gate, shell) for gate in GATES for shell in SHELLS]
    share = given.requests // len(pairs)
    with ProcessPoolExecutor(given.jobs) as pool:
        running = [
            pool.submit(attack, gate, shell, share, given.seed + number, given.trace_one_in)
            for number, (gate, shell) in enumerate(pairs)
        ]
        figures = [_shown(each.result()) for each in running]
    rows = [asdict(each) | {"faults": len(each.faults)} for each in figures]
    FIGURES.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if any(each.faults for each in figures) else 0


def _shown(each: Figures) -> Figures:
    print(f"{each.gate} {each.shell}: {each.requests} requests, {len(each.faults)} faults", flush=True)  # noqa: T201 - the figures are asked for
    for fault in each.faults[:50]:
        print(f"  {fault}", file=sys.stderr, flush=True)  # noqa: T201 - the figures and faults are asked for
    return each


if __name__ == "__main__":
    raise SystemExit(main())
