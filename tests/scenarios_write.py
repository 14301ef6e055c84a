"""Regenerate the golden pages of the scenarios, for review; run it as `python -m tests.scenarios_write [NAME ...]`.

Only `metrics.prom` is written. Verdicts are written by hand, from what the evidence says that a round must be called:
where one differs from its `verdicts.yaml`, what was judged is printed and the exit status is 1.
"""

import asyncio
import logging
import sys

import structlog
from ruamel.yaml import YAML

from tests.unit.scenario_runs import Scenario, load, page, run, scenarios, verdicts


def main(names: list[str]) -> int:
    """Write the pages of all scenarios, or of those named."""
    different = [
        scenario.name for scenario in scenarios() if not names or scenario.name in names if not _write(scenario)
    ]
    for name in different:
        print(f"{name}: the verdicts differ from verdicts.yaml", file=sys.stderr)  # noqa: T201 - a command
    return int(bool(different))


def _write(scenario: Scenario) -> bool:
    """Write one page; return whether the verdicts are as expected, and print them if not."""
    views = asyncio.run(run(scenario))
    (scenario.folder / "metrics.prom").write_text(page(views[-1]), encoding="utf-8")
    shown = {directory.name: verdicts(view) for directory, view in zip(scenario.rounds, views, strict=True)}
    expected = scenario.folder / "verdicts.yaml"
    if expected.is_file() and load(expected) == shown:
        return True
    yaml = YAML()
    yaml.width = 1000
    yaml.dump({scenario.name: shown}, sys.stdout)
    return False


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sys.exit(main(sys.argv[1:]))
