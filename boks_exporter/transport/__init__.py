"""Ways to ask a host, all behind one Protocol."""
