"""Labels, units and reasons for absence that specs share."""

from typing import Final

DOMAIN: Final = ("boks_domain",)
HOST: Final = ("boks_domain", "host")
TABLE: Final = ("boks_domain", "host", "table")

UNIX: Final = "Unix seconds"
NO_ANSWER: Final = "while the host does not answer"
NOT_LISTED: Final = "while the one master's list does not show the host"
