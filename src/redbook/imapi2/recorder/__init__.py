"""Recorders as IMAPI2 shows them."""
