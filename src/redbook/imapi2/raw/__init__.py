"""Disc-at-once: whole discs as images, made by MsftRawCDImageCreator, written by MsftDiscFormat2RawCD.

The two know nothing of each other: between them is a stream, which may come from anywhere.
"""
