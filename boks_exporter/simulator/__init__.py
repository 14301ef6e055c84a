"""A BoKS domain that exists in memory only, for the demo, the tests and the trial of the verdicts."""
