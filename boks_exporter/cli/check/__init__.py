"""`boks-exporter check`: a monitoring plugin."""
