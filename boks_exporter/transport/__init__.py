"""Ways to reach a host, behind one Protocol."""
