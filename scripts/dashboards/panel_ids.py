"""Ids of the panels that other panels link to."""

from typing import Final

OVERVIEW: Final = "boks-overview"
REPLICAS: Final = 11
ALERTS: Final = 12
SITES: Final = 31
ANSWERS: Final = 41
ROUNDS: Final = 45

REPLICA: Final = "boks-replica"
TABLES: Final = 31
POLLS: Final = 51

FAILOVER: Final = "boks-failover"
CANDIDATES: Final = 11
