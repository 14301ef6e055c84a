"""The configured and discovered hosts, the connection to one, and units."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import TypeAlias

from boks_exporter.errors import FailureReason

DomainName: TypeAlias = str
HostName: TypeAlias = str
Sequence: TypeAlias = int
TableNumber: TypeAlias = int
Seconds: TypeAlias = float
Timestamp: TypeAlias = float


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


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """One open connection; texts are empty where they are not known, as behind a jump host."""

    address: str
    port: int
    host_key: str
    """The kind and the fingerprint of the host's key."""
    cipher: str
    mac: str
    software: str
    """What the host's SSH server calls itself."""
    opened_at: Timestamp
    keeps_loop: bool = False
    """Whether the gate waits for requests on an open channel."""
    received_cipher: str = ""
    received_mac: str = ""
    """Of what the host sends; `cipher` and `mac` are of what it is sent. A cipher that needs no MAC is its own."""
    allowed_kex: tuple[str, ...] = ()
    """The key exchanges that were offered: asyncssh does not report which one was chosen."""

    @property
    def address_text(self) -> str:
        return f"{self.address} port {self.port}" if self.address else "a jump host"

    def algorithms(self) -> Iterator[tuple[str, str]]:
        """Yield what was agreed on, as far as it is known."""
        if self.allowed_kex:
            is_known = len(self.allowed_kex) == 1
            yield "key exchange", f"{'' if is_known else 'one of '}{', '.join(self.allowed_kex)}"
        yield "cipher", _both_ways(self.cipher, self.received_cipher)
        yield "MAC", _both_ways(_mac(self.mac, self.cipher), _mac(self.received_mac, self.received_cipher))


def _mac(mac: str, cipher: str) -> str:
    return "in the cipher" if mac and mac == cipher else mac


def _both_ways(sent: str, received: str) -> str:
    return f"{sent} to the host, {received} from it" if received not in {sent, ""} else sent


@dataclass(frozen=True, slots=True)
class FailedPoll:
    """A poll that failed: when, why, and in words."""

    at: Timestamp
    reason: FailureReason
    detail: str
