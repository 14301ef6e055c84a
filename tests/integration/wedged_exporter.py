"""boks-exporter as it is, but for one thing: once a file exists, no look at a domain ever ends.

    python tests/integration/wedged_exporter.py FILE serve --config.file=...

Stands for every reason why a poll loop could stand still while the process lives and its web server answers.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from boks_exporter.cli import main
from boks_exporter.poller.domain_watch import DomainWatch

_FILE = Path(sys.argv.pop(1))
_look = DomainWatch.look


async def _look_or_never_end(self: DomainWatch, *arguments: Any) -> None:
    if _FILE.exists():
        await asyncio.Event().wait()
    await _look(self, *arguments)


if __name__ == "__main__":
    DomainWatch.look = _look_or_never_end  # type: ignore[method-assign]
    main()
