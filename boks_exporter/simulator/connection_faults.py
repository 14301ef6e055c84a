"""The faults of one exchange with an operator's gate."""

from enum import StrEnum
from typing import Final


class ConnectionFault(StrEnum):
    """A fault of one exchange."""

    BEFORE = "before"
    """The request never arrives."""
    DURING = "during"
    """The request arrives, and the connection breaks while its command runs."""
    AFTER = "after"
    """The command ends, and its reply is lost."""
    LATE = "late"
    """The connection breaks, and the request arrives only after the client has given up."""
    TWICE = "twice"
    """The request arrives, and once more after its reply."""
    GARBLED = "garbled"
    """The reply is garbage."""


LATE_SECONDS: Final = 90.0
"""When a late or second request arrives."""
