"""Build everything that a release consists of."""
