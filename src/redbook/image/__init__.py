"""Discs as files: the state of a disc, the folder that holds it, and the sheets that other programs read."""
