"""One bracketed round of a domain, in which a host that fails is a value and never an exception."""

from boks_exporter.observe.clock import Clock, SystemClock
from boks_exporter.observe.host_matching import configured_names
from boks_exporter.observe.knowledge import Knowledge
from boks_exporter.observe.limiter import DomainLimiter, Limiter
from boks_exporter.observe.one_poll import poll_once
from boks_exporter.observe.polls import PATIENCE_SECONDS
from boks_exporter.observe.rare_facts import RareSections
from boks_exporter.observe.round import RoundOptions, observe
