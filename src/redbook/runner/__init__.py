"""The machine that does what a procedure yields: clock, threads, the way to the drive."""
