"""Type aliases for numbers and names, so that fields need no comment."""

from typing import TypeAlias

DomainName: TypeAlias = str
HostName: TypeAlias = str
Sequence: TypeAlias = int
TableNumber: TypeAlias = int
Seconds: TypeAlias = float
Timestamp: TypeAlias = float
