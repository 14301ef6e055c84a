"""What can become of one exchange with an operator's gate."""

from enum import StrEnum


class ConnectionFault(StrEnum):
    """What can become of one exchange."""

    BEFORE = "before"
    """The request never arrives."""
    DURING = "during"
    """The request arrives, and the connection breaks while its command runs."""
    AFTER = "after"
    """The command ends, and its reply is lost."""
    GARBLED = "garbled"
    """The reply comes as something else."""
