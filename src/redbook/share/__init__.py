"""The virtual recorder in front of programs written by others."""
