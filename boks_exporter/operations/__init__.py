"""Changes that an operator makes outside a run: freezes, locks and moved-aside databases, and the daily check."""
