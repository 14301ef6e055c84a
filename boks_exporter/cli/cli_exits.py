"""Exit codes, documented in docs/cli.md; scripts depend on them. `check` has the plugin's codes instead."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
"""Failed with a message, such as a faulty configuration or an exporter that cannot be reached."""

USAGE: Final = 2
INTERRUPTED: Final = 130
"""128 and SIGINT, as shells count."""
