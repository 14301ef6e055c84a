"""The Grafana dashboards, built in code."""
