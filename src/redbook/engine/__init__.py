"""The sequence of commands that burns, blanks and verifies, without a clock, a thread or any I/O.

Procedures are generators: they yield what they want done and are sent the answer. `runner` is the one
place that does it.
"""
