"""Webhook receiver of compose.yaml that prints Alertmanager's notifications."""  # noqa: INP001 - a script of its own

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Pager(BaseHTTPRequestHandler):
    """Handler of the receivers /page, /chat and /watchdog."""

    def do_POST(self) -> None:
        """Print one line for each alert, except the watchdog's."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in sent["alerts"]:
            if self.path != "/watchdog":
                notes = alert["annotations"]
                sys.stdout.write(f"{self.path[1:]:5} {alert['status']:9} {notes['summary']} {notes['runbook_url']}\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Suppress the web server's own log."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9095
    ThreadingHTTPServer(("127.0.0.1", port), Pager).serve_forever()
