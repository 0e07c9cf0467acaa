"""The Python face: from what a user names to a plan, a burn, a verdict, a sheet."""
