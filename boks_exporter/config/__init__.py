"""From a strict YAML file to frozen settings, or to all of its faults at once."""

from boks_exporter.config.json_schema import json_schema
from boks_exporter.config.load import Examined, examine, load, load_text
from boks_exporter.config.settings import DomainSettings, FailoverSettings, PollSettings, Settings

__all__ = [
    "DomainSettings",
    "Examined",
    "FailoverSettings",
    "PollSettings",
    "Settings",
    "examine",
    "json_schema",
    "load",
    "load_text",
]
