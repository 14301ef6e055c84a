"""HTTP server for metrics, status and health."""

from boks_exporter.web.page_source import PageSource
from boks_exporter.web.paths import Paths, paths_of
from boks_exporter.web.published import Preparation, ProcessMetrics, Published, prepare
from boks_exporter.web.security import LiveWebConfig, load_web_config
from boks_exporter.web.server import WebServer
from boks_exporter.web.web_thread import WebThread
