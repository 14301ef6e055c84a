"""Run the trial: `python -m bench.verdicts --histories 2000 --seed 1`."""

import argparse
import sys
import time

from bench.verdicts.detection import cells
from bench.verdicts.table import PAGE, document, failures, summary
from bench.verdicts.trial import trial


def main() -> int:
    """Print the table, write the page, and fail if a figure is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.verdicts", description=__doc__)
    parser.add_argument("--histories", type=int, default=2000, help="how many histories to play (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="how many to play at once (default: 2)")
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}")
    options = parser.parse_args()
    began = time.monotonic()
    scores = trial(options.seed, options.histories, options.processes, cells())
    print(summary(scores))
    print(f"{options.histories} histories in {time.monotonic() - began:.0f} s")
    if options.write:
        PAGE.write_text(document(scores, options.seed, options.histories), encoding="utf-8")
    missed = failures(scores)
    for line in (*missed, *scores.examples, *scores.copies.examples, *scores.slow):
        print(line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
