"""What the virtual recorder does for each command."""
