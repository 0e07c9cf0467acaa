"""Python objects need no wrapping here."""

from typing import TypeVar

T = TypeVar("T")


def wrap(ob: T, *ignored: object, **more: object) -> T:
    """The object itself: AddAudioTrack takes anything with Read, Seek and Stat."""
    return ob


def unwrap(ob: T) -> T:
    """The object itself."""
    return ob


__all__ = ["unwrap", "wrap"]
