"""The faults of one exchange with an operator's gate."""

from enum import StrEnum


class ConnectionFault(StrEnum):
    """A fault of one exchange."""

    BEFORE = "before"
    """The request never arrives."""
    DURING = "during"
    """The request arrives, and the connection breaks while its command runs."""
    AFTER = "after"
    """The command ends, and its reply is lost."""
    GARBLED = "garbled"
    """The reply is garbage."""
