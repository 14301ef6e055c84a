"""`boks-exporter failover …`: show what would be done, and do it when its fingerprint is given."""
