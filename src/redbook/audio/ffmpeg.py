"""The seam to FFmpeg: what it may open, its errors as ours, its frames as arrays."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import av
import numpy as np

from redbook.audio.format import Samples, Tags
from redbook.disc.codes import digits_of, read_isrc
from redbook.errors import AudioError

_DEMUXERS = (
    *("aac", "ac3", "eac3", "dts", "dtshd", "mlp", "truehd", "loas", "mp3", "spdif"),
    *("aiff", "au", "caf", "w64", "wav", "voc", "avr", "iff", "ircam", "nistsphere", "paf", "sox", "smjpeg"),
    *("flac", "ape", "tak", "tta", "wv", "shn", "mpc", "mpc8", "oma", "dsf", "xwma", "wsaud", "qoa", "osq"),
    *("amr", "gsm", "g722", "g729", "aea", "act", "adx", "rso", "qcp", "sbc"),
    *("ogg", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "asf", "avi", "flv", "mpeg", "mpegts", "nut", "rm"),
)
"""Formats whose audio is in the file itself. Others name files to open: concat, HLS, DASH, SDP."""

_OPTIONS = {
    "format_whitelist": ",".join(_DEMUXERS),
    "protocol_whitelist": "file",
    "ignore_editlist": "1",
    "enable_drefs": "0",
}

_REPLACING: Any = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
_KEEPING: Any = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "surrogateescape"}
"""Bytes in tags that are not UTF-8: PyAV 19 replaces them unasked."""

NUMPY_TYPES: dict[str, type[np.generic]] = {
    "u8": np.uint8,
    "s16": np.int16,
    "s32": np.int32,
    "s64": np.int64,
    "flt": np.float32,
    "dbl": np.float64,
}

_IN_FLOAT = {"mp1": "mp1float", "mp2": "mp2float"}
"""Lossy codecs that FFmpeg would decode to 16 bits on its own."""

_OPTIONS_OF = {"opus": {"request_sample_fmt": "flt"}}


def decoder_of(codec: str, context: Any = None, **options: str) -> Any:
    """A decoder that trims nothing and returns floating point if the codec uses it.

    Opus is decoded by its own library, if PyAV has it: FFmpeg's decoder differs from that by up to 160 LSB.

    context  of the stream, whose settings it takes over; used itself if it is suitable
    """
    wanted = _IN_FLOAT.get(codec, codec)
    if codec == "opus":
        wanted = "libopus" if "libopus" in av.codecs_available else "opus"
    if context is None or wanted != codec:
        own: Any = av.CodecContext.create(wanted, "r")
        if context is not None and context.extradata:
            own.extradata = bytes(context.extradata)
        if context is not None and codec == "opus":
            own.layout, own.sample_rate = context.layout, 48_000
        context = own
    context.options = {**options, **_OPTIONS_OF.get(codec, {}), "flags2": "+skip_manual"}
    return context


BROKEN = (av.error.InvalidDataError, av.error.UndefinedError)
"""What FFmpeg says about data that it cannot decode."""


class translated:
    """FFmpeg's errors become AudioErrors at this seam."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        decoder_refuses = (errno.EINVAL, errno.EPERM)  # what it is given, not access to the file
        not_allowed = isinstance(error, av.error.FFmpegError) and error.errno in decoder_refuses
        if isinstance(error, (*BROKEN, av.error.EOFError)) or not_allowed:
            raise AudioError("not a sound file redbook can read, or damaged") from error
        if isinstance(error, av.error.FFmpegError | OSError):
            reason = getattr(error, "strerror", None) or error
            raise AudioError(f"it cannot be read: {reason}") from error


def open_container(
    path: Path, end_byte: int | None = None, *, bytes_of_tags: bool = False
) -> av.container.InputContainer:
    """The options are the container's alone: with `options`, which are each stream's, too, the FFmpeg 8.0 in
    PyAV 16 and 17 ends the process (SIGSEGV) at a Flash video.

    end_byte  after the last byte that FFmpeg is to see; None for all of the file
    bytes_of_tags  what is not UTF-8 in tags is decoded as in file names (surrogateescape), not as U+FFFD

    raises  AudioError  if it is not a sound file
    """
    name, options = f"file:{os.fspath(path)}", dict(_OPTIONS)
    if end_byte is not None:
        name = f"subfile,,start,0,end,{end_byte},,:{name}"
        options["protocol_whitelist"] = "file,subfile"
    with translated():
        decoding = _KEEPING if bytes_of_tags else _REPLACING
        container: av.container.InputContainer = av.open(name, container_options=options, **decoding)
        return container


def codec_name(context: Any) -> str:
    """Without the implementation: "mp3" for "mp3float"."""
    name = str(context.name)
    return name.removesuffix("float").removeprefix("lib").removesuffix("_latm").removesuffix("_fixed")


def samples_of(frame: av.AudioFrame) -> Samples:
    """The frame's samples in the frame's own type, without FFmpeg's alignment bytes."""
    name = frame.format.name
    dtype = NUMPY_TYPES.get(name.removesuffix("p"))
    if dtype is None:
        raise AudioError("its audio is coded in a way that redbook cannot decode")
    channels = frame.layout.nb_channels
    planes: list[Any] = list(frame.planes)  # they have the buffer protocol, which PyAV's types do not say
    if frame.format.is_planar and channels > 1:
        del planes[channels:]  # of eight channels PyAV lists a ninth plane, which is no memory at all
        return np.stack([np.frombuffer(plane, dtype, frame.samples) for plane in planes], axis=1)
    return np.frombuffer(planes[0], dtype, frame.samples * channels).reshape(frame.samples, channels)


def channel_names(layout: Any) -> tuple[str, ...]:
    """Of a layout; empty strings where the file names none."""
    names = tuple(str(channel.name) for channel in layout.channels)
    if len(names) != layout.nb_channels or any(
        name in ("", "NONE", "UNK", "UNSD") or name.startswith(("USR", "AMBI")) for name in names
    ):
        return ("",) * int(layout.nb_channels)
    return names


def read_tags(path: Path) -> Tags:
    """A file's tags; none if it cannot be read (burning it will say why)."""
    try:
        with translated(), open_container(path) as container:
            return tags_from(all_metadata(container))
    except AudioError:
        return Tags()


def all_metadata(container: av.container.InputContainer) -> dict[str, str]:
    """Of the file and its first sound stream, keys in lower case."""
    streams = container.streams.audio
    both = {**container.metadata, **(streams[0].metadata if streams else {})}
    return {key.lower(): value for key, value in both.items()}


_ALBUM_ARTIST = ("album_artist", "albumartist", "album artist")
_COMPOSER = ("composer", "imus")
_LYRICIST = ("lyricist", "songwriter", "writer", "text", "wm/writer", "iwri")
_ARRANGER = ("arranger", "wm/arranger")
_ISRC = ("isrc", "tsrc", "wm/isrc")
_BARCODE = (
    *("barcode", "ean/upc", "upc", "ean", "wm/barcode", "mcn"),
    *("catalognumber", "catalog", "catalogue number", "wm/catalogno"),
)
"""What Vorbis comments, ID3, MP4, APE, ASF and RIFF call it, if FFmpeg has no common name for it."""


def tags_from(metadata: dict[str, str]) -> Tags:
    """metadata: keys in lower case"""

    def texts(keys: tuple[str, ...]) -> list[str]:
        return [text for key in keys if (text := metadata.get(key, "").strip())]

    def first(*keys: str) -> str:
        return next(iter(texts(keys)), "")

    def number(*keys: str) -> int | None:
        text = next((metadata[key] for key in keys if metadata.get(key)), "")
        digits = text.partition("/")[0].strip()
        return int(digits) if digits.isdecimal() and len(digits) < 10 and int(digits) else None

    album_artist = first(*_ALBUM_ARTIST)
    return Tags(
        title=first("title"),
        artist=first("artist") or album_artist,
        album=first("album"),
        disc=number("disc", "discnumber", "tpos"),
        track=number("track", "tracknumber", "trck"),
        album_artist=album_artist,
        composer=first(*_COMPOSER),
        lyricist=first(*_LYRICIST),
        arranger=first(*_ARRANGER),
        isrc=next(filter(read_isrc, texts(_ISRC)), first(*_ISRC)),  # in RIFF it is the name of a source
        barcode=next(filter(None, map(digits_of, texts(_BARCODE))), ""),
        genre=first("genre"),
    )
