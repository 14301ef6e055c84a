"""TLS and basic authentication by the web configuration file that all Prometheus exporters share."""

from boks_exporter.web.security.reloading_config import LiveWebConfig, WebConfig, load_web_config
