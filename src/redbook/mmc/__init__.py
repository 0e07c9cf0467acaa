"""MMC commands and their replies, as values that know their bytes both ways.

The engine builds a command and reads its reply; the virtual recorder reads the command and builds the
reply. Nothing here sends anything.
"""
