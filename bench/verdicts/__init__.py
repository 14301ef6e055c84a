"""The trial of the verdicts: generated histories, the real exporter on virtual time, and the simulator's truth."""
