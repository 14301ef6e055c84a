"""Output lines of the plugin for results and failures, with few imports, since usage errors need them."""

import json
from collections.abc import Sequence
from typing import Any

from boks_exporter.cli.check.severity import Severity
from boks_exporter.cli.sanitize import harmless


def plugin_text(text: str) -> str:
    """Sanitize a text for a monitoring system: a pipe would start the performance data."""
    return harmless(text).replace("|", "/")


def judgement(severity: Severity, summary: str, findings: Sequence[dict[str, str | None]] = ()) -> dict[str, Any]:
    """Build the JSON of a result."""
    return {"state": severity.name, "exit_code": int(severity), "summary": summary, "findings": list(findings)}


def unknown(text: str, *, wants_json: bool) -> str:
    """Format a failure as the plugin's output."""
    line = plugin_text(text)
    if wants_json:
        return json.dumps({"check": judgement(Severity.UNKNOWN, line), "domains": []})
    return f"BOKS UNKNOWN - {line}"
