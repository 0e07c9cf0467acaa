"""The virtual recorder for other programs."""
