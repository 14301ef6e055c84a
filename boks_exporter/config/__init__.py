"""Configuration file: strict YAML to frozen settings, or a list of all faults."""

from boks_exporter.config.json_schema import json_schema
from boks_exporter.config.load import CheckedConfig, ContentChecks, examine, load, load_text
from boks_exporter.config.settings import (
    CloserPolls,
    DomainSettings,
    FailoverSettings,
    NotifySettings,
    OperatorSettings,
    PollSettings,
    Settings,
)
from boks_exporter.config.shown_settings import shown_settings
from boks_exporter.config.validated import FileFormat, validated
