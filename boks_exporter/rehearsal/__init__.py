"""Rehearsals of a failover on a simulated twin of the domain, with the real plan, guards and runner."""
