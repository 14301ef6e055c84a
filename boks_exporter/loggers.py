"""structlog without rich, which it would load wherever it is installed.

Nothing here prints tracebacks in colour, for which structlog uses rich: four megabytes of the daemon, and most of the
time that loading structlog takes.
"""

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
_is_loaded = "rich" in _modules
if not _is_loaded:
    _modules["rich"] = None  # as where it is not installed
try:
    import structlog  # noqa: TID251 - the only place
finally:
    if not _is_loaded:
        del _modules["rich"]

__all__ = ["structlog"]
