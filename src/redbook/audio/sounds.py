"""Which files are sound files, by their names and how they begin. The only such list."""

from __future__ import annotations

from pathlib import Path

from redbook.audio.flac_frames import FLAC_MARK

AUDIO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("wav", "wave", "bwf", "rf64", "bw64", "w64", "aif", "aiff", "aifc", "caf", "au", "snd", "voc"),
        *("flac", "alac", "ape", "shn", "tak", "tta", "wv", "dsf"),
        *("mp1", "mp2", "mp3", "mpa", "aac", "adts", "loas", "m4a", "m4b", "m4r", "mp4", "f4a"),
        *("ac3", "ec3", "eac3", "dts", "dtshd", "mlp", "thd", "wma", "mpc", "mp+", "amr", "oma", "qoa"),
        *("ogg", "oga", "ogx", "opus", "spx", "mka", "webm", "weba"),
    )
)

VIDEO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("mkv", "mov", "m4v", "ogv", "avi", "asf", "wmv", "flv", "f4v", "mpg", "mpeg", "ts", "m2ts", "vob"),
        *("3gp", "3g2", "rm", "nut"),
    )
)
"""Read if named; in a folder of music they are seldom intended."""

_BEGINNINGS = (
    *(
        FLAC_MARK,
        b"OggS",
        b"ID3",
        b"caff",
        b".snd",
        b"wvpk",
        b"TTA1",
        b"MAC ",
        b"MPCK",
        b"MP+",
        b"tBaK",
        b"ajkg",
    ),
    *(b"#!AMR", b"riff", b"DSD ", b"qoaf"),
)


def is_sound_name(name: str) -> bool:
    return Path(name.replace("\0", "")).suffix.lower() in AUDIO_SUFFIXES


def begins_like_sound(path: Path) -> bool:
    """By its first bytes; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
        return head[8:12] == b"WAVE"
    if head[:4] == b"FORM":
        return head[8:11] == b"AIF"
    return head.startswith(_BEGINNINGS) or head[4:11] == b"ftypM4A"
