"""What deploy/compose.yaml starts besides others' images: Prometheus's configuration, and the stand-in for a pager."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.integration.alerting import ROOT, free_port, running, until

DEPLOY = ROOT / "deploy"


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    """With the rules at the place where compose mounts them."""
    text = (DEPLOY / "compose" / "prometheus.yml").read_text(encoding="utf-8")
    config = tmp_path / "prometheus.yml"
    config.write_text(text.replace("/etc/prometheus/boks", str(DEPLOY / "prometheus")), encoding="utf-8")
    check = subprocess.run(["promtool", "check", "config", str(config)], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr
    assert "rule files found" in check.stdout


def test_the_pager_prints_who_would_be_woken(tmp_path: Path) -> None:
    """One line for each alert, with the summary and the runbook; the watchdog prints nothing."""
    port = free_port()
    alert = {"status": "firing", "annotations": {"summary": "No master answers.", "runbook_url": "BoksNoMaster.md"}}
    with running([sys.executable, str(DEPLOY / "compose" / "pager.py"), str(port)], tmp_path / "log"):

        def send(path: str) -> bool:
            body = json.dumps({"alerts": [alert]}).encode()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", body, timeout=5) as answer:
                return bool(answer.status == 200)

        until("the pager", lambda: send("/watchdog"))
        assert send("/page")
        line = "page  firing    No master answers. BoksNoMaster.md\n"
        until("the line", lambda: (tmp_path / "log").read_text(encoding="utf-8") == line)
