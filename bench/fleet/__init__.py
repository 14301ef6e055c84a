"""What many hosts cost the exporter: CPU, memory, the page during rounds, and the first picture."""
