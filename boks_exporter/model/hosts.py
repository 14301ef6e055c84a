"""The configured and discovered hosts."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address

from boks_exporter.model.units import HostName


class Role(StrEnum):
    """A host's role by its own BOKSINIT; `server` there means replica (K1456)."""

    MASTER = "master"
    REPLICA = "replica"
    CLIENT = "client"
    UNKNOWN = "unknown"


class Promotion(StrEnum):
    """The operator's preference for a host as a future master."""

    PREFER = "prefer"
    NEUTRAL = "neutral"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Host:
    """One server of a domain, as configured or discovered; `name` is its identity in every label."""

    name: HostName
    address: str
    port: int = 22
    site: str = ""
    section: str = ""
    promotion: Promotion = Promotion.NEUTRAL
    discovered: bool = False

    @property
    def address_and_port(self) -> str:
        """Where the host is polled."""
        return f"{self.address}:{self.port}"

    @property
    def has_numeric_address(self) -> bool:
        """Whether `address` is an IP address and not a name."""
        return is_numeric(self.address)


@lru_cache(maxsize=4096)
def is_numeric(address: str) -> bool:
    """Return whether this is an IP address and not a name."""
    try:
        ip_address(address)
    except ValueError:
        return False
    return True
