"""How a command ends; documented in docs/cli.md and relied on by scripts. `check` has the plugins' codes instead."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
"""Something is wrong that the message names: a fault in the configuration, an exporter that cannot be asked."""

USAGE: Final = 2
INTERRUPTED: Final = 130
"""128 and SIGINT, as shells count."""
