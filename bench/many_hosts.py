"""Measure what 50, 100, 300 and 1,000 hosts cost the exporter, and compare rendering and checks with the usual ways.

Run `python bench/many_hosts.py`; `--write` fills its block of docs/performance.md. It takes about ten minutes.
"""

import argparse
import asyncio

from bench.fleet.page import Peers, block
from bench.fleet.ratios import check, rendering
from bench.fleet.run import measure
from bench.performance_page import PAGE, write_block

_FLEETS = (50, 100, 300, 1000)
_ROUNDS = 5


def main() -> None:
    """Print the block, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write it into {PAGE.name}")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="rounds that are measured of each fleet")
    arguments = parser.parse_args()
    fleets = [asyncio.run(measure(hosts, arguments.rounds)) for hosts in _FLEETS]
    text = block(fleets, Peers(rendering(), check()))
    print(text)
    if arguments.write:
        write_block("many-hosts", text)


if __name__ == "__main__":
    main()
