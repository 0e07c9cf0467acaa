"""ADODB.Stream, as far as scripts use it to hand a file of PCM to AddAudioTrack."""

from __future__ import annotations

import io
import os
from typing import Any

from redbook.imapi2.com import fail, to_bytes, to_long, translated
from redbook.imapi2.streams import FileStream
from redbook.imapi2.typelib.hresults import HResult

BINARY, TEXT = 1, 2
READ_ALL = -1


class AdodbStream(FileStream):
    """A binary stream: in memory, or over a file once one has been loaded."""

    PROGID = "ADODB.Stream"

    def __init__(self) -> None:
        super().__init__(io.BytesIO())
        self._file.close()
        self._type = BINARY

    @property
    def Type(self) -> int:
        """adTypeBinary (1)."""
        return self._type

    @Type.setter
    @translated
    def Type(self, value: int) -> None:
        if to_long(self, "Type", value) != BINARY:
            fail(self, "Type", HResult.E_NOTIMPL, "audio is binary: set Type to 1")

    @translated
    def Open(self, *ignored: Any) -> int:
        """Begin with an empty stream."""
        self._file = io.BytesIO()
        return HResult.S_OK

    @translated
    def LoadFromFile(self, FileName: str | os.PathLike[str]) -> int:
        """Take the bytes of a file, as they are; AddAudioTrack refuses one that begins with a header."""
        self._usable("LoadFromFile")
        self._file = open(FileName, "rb")  # noqa: SIM115, PTH123 - Close closes it
        return HResult.S_OK

    @translated
    def Read(self, NumBytes: int = READ_ALL) -> bytes:
        """Return up to NumBytes bytes from Position on; all of them if it is left out."""
        return bytes(self._usable("Read").read(to_long(self, "Read", NumBytes, READ_ALL)))

    @translated
    def Write(self, Buffer: bytes) -> int:
        """Write bytes at Position."""
        return int(self._usable("Write").write(to_bytes(self, "Write", Buffer)))

    @property
    @translated
    def Position(self) -> int:
        """In bytes, from the start."""
        return int(self._usable("Position").tell())

    @Position.setter
    @translated
    def Position(self, value: int) -> None:
        self.Seek(value)

    @property
    @translated
    def Size(self) -> int:
        """In bytes."""
        return self.Stat().cbSize

    @property
    @translated
    def EOS(self) -> bool:
        """Whether Position is after the last byte."""
        return self.Position >= self.Size
