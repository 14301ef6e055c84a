"""Serve over HTTP what the newest rounds show."""

from boks_exporter.web.paths import Paths, paths_of
from boks_exporter.web.published import Published, prepare
from boks_exporter.web.server import WebServer
from boks_exporter.web.source import Source

__all__ = ["Paths", "Published", "Source", "WebServer", "paths_of", "prepare"]
