"""What can be done with a disc besides writing tracks to it, and what all such objects share."""
