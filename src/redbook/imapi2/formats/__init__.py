"""What can be done with a disc, beside writing tracks to it; and what all such objects share."""
