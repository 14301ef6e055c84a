"""Who the hosts are, as configured or discovered."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from boks_exporter.model.units import HostName


class Role(StrEnum):
    """What a host is by its own BOKSINIT; `server` there means replica (K1456)."""

    MASTER = "master"
    REPLICA = "replica"
    CLIENT = "client"
    UNKNOWN = "unknown"


class Promotion(StrEnum):
    """The operator's wish for a host as a future master."""

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
    def has_numeric_address(self) -> bool:
        """Tell whether `address` is an address and not a name that stands for one."""
        try:
            ip_address(self.address)
        except ValueError:
            return False
        return True
