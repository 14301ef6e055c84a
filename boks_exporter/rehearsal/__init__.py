"""Rehearse a failover on a simulated twin of the domain, by the real plan, guards and runner."""
