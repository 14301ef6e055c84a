"""boks-exporter with one change: once a file exists, no round of a domain ever ends.

    python tests/integration/wedged_exporter.py FILE serve --config.file=...

It stands for every reason why a poll loop could stall while the process runs and its web server answers.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from boks_exporter.cli import main
from boks_exporter.exposition import DomainView
from boks_exporter.poller.domain_watch import DomainWatch

_FILE = Path(sys.argv.pop(1))
_run_round = DomainWatch.run_round


async def _run_round_or_never_end(self: DomainWatch, *arguments: Any, **options: Any) -> DomainView:
    if _FILE.exists():
        await asyncio.Event().wait()
    return await _run_round(self, *arguments, **options)


if __name__ == "__main__":
    DomainWatch.run_round = _run_round_or_never_end  # type: ignore[method-assign]  # the change
    main()
