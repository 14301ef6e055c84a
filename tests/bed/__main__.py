"""Run the bed for some minutes, and store the figures: `make soak`."""

import argparse
import json
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests.bed.catalogue import KINDS
from tests.bed.endurance import WARM_UP_ROUNDS
from tests.bed.options import Options
from tests.bed.private import run_privately
from tests.bed.programs import ROOT

RESULT: Final = ROOT / "docs" / "soak.json"
_MINUTES: Final = 20.0
_INTERVAL: Final = 4.0
_SLOWEST_SECONDS: Final = 0.1


def summary(options: Options, found: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run for the page."""
    set_ = Counter(each["name"] for each in found["faults"])
    samples = [each for each in found["samples"] if each["rounds"] >= WARM_UP_ROUNDS]
    return {
        "seed": options.seed,
        "minutes": round(found["seconds"] / 60, 1),
        "interval_seconds": options.interval,
        "faults": {name: set_[name] for name in sorted(set_)},
        "broken": [
            ": ".join(filter(None, (each["invariant"], each["host"], each["seen"]))) for each in found["broken"]
        ],
        "pages": found["pages"],
        "slowest_milliseconds": {path: round(seconds * 1000) for path, seconds in found["slowest"].items()},
        "rounds": samples[-1]["rounds"] if samples else 0,
        "samples": [samples[0], samples[-1]] if samples else [],
        "alerts": found["alerts"],
    }


def main() -> int:
    """Fail where an invariant is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.bed", description=__doc__)
    parser.add_argument("--minutes", type=float, default=_MINUTES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--interval", type=float, default=_INTERVAL, metavar="SECONDS")
    parser.add_argument("--faults", nargs="*", choices=sorted(KINDS), metavar="FAULT", default=[])
    parser.add_argument("--all-results", type=Path, metavar="FILE", help="write everything that was found")
    chosen = parser.parse_args()
    options = Options(
        seed=chosen.seed,
        interval=chosen.interval,
        seconds=timedelta(minutes=chosen.minutes).total_seconds(),
        kinds=tuple(chosen.faults),
        soak=True,
    )
    found = run_privately(options)
    for path, seconds in found["slowest"].items():
        if seconds > _SLOWEST_SECONDS:
            slow = {
                "invariant": "answers within 100 ms",
                "host": "",
                "seen": f"{path}: {seconds * 1000:.0f} ms",
                "at": 0,
            }
            found["broken"].append(slow)
    if chosen.all_results:
        chosen.all_results.write_text(json.dumps(found), encoding="utf-8")
    figures = summary(options, found)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 1 if found["broken"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
