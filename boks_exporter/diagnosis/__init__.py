"""Diagnosis of one host by the ten steps of K1256: what was found, what it means, how sure that is, what to do next."""
