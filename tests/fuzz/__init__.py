"""Random inputs for everything that reads what a host, a file or a stranger sends."""
