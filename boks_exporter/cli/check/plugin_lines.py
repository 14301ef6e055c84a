"""The plugin's words for its result, and for having none; they load nothing, since wrong usage needs them, too."""

import json
from collections.abc import Sequence
from typing import Any

from boks_exporter.cli.check.severity import Severity
from boks_exporter.cli.sanitize import harmless


def plugin_text(text: str) -> str:
    """Make a text harmless for a monitoring system: a pipe would begin the performance data."""
    return harmless(text).replace("|", "/")


def judgement(severity: Severity, summary: str, findings: Sequence[dict[str, str | None]] = ()) -> dict[str, Any]:
    """Describe a result for programs."""
    return {"state": severity.name, "exit_code": int(severity), "summary": summary, "findings": list(findings)}


def unknown(text: str, *, wants_json: bool) -> str:
    """Write a failure as the plugin's whole output."""
    line = plugin_text(text)
    if wants_json:
        return json.dumps({"check": judgement(Severity.UNKNOWN, line), "domains": []})
    return f"BOKS UNKNOWN - {line}"
