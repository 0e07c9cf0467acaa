"""Which recorders there are, which one is meant, and what is known about it."""
