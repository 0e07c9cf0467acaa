"""The Python API: from what a user names to a plan, a burn, a verdict, a sheet."""
