"""The writer of audio tracks."""
