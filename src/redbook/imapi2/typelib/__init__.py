"""The interfaces of IMAPI2 as data."""
