"""A simulated BoKS domain behind SSH, faults that come and go, and the real exporter polling it."""
