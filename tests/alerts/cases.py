"""What each shipped alert must do: a history of its series, and the exact times at which it fires and ends."""

from typing import Final

from tests.alerts.domains import DOMAINS
from tests.alerts.exporter import EXPORTER
from tests.alerts.hosts import HOSTS
from tests.alerts.maintenance import WORK
from tests.alerts.replicas import REPLICAS

ALWAYS_FIRES: Final = "BoksWatchdog"

CASES: Final = (*EXPORTER, *HOSTS, *REPLICAS, *DOMAINS, *WORK)
