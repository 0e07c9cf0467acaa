"""Which recorders exist, which one is meant, and what is known about it."""
