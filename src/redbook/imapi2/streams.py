"""Streams for AddAudioTrack: silence, bytes, files, decoded sound files."""

from __future__ import annotations

import io
import os
import weakref
from types import TracebackType
from typing import IO, Any, NamedTuple, NoReturn, Self

from redbook.imapi2.com import ComObject, fail, to_bytes, to_long, translated
from redbook.imapi2.typelib.hresults import HResult

_LARGEST = (1 << 63) - 1
_COPY_BYTES = 1 << 20
STGTY_STREAM = 2


class StatStg(NamedTuple):
    """What is known about a stream, in pywin32's order.  Source: objidl.idl, STATSTG"""

    pwcsName: str | None
    type: int
    cbSize: int
    mtime: Any = None
    ctime: Any = None
    atime: Any = None
    grfMode: int = 0
    grfLocksSupported: int = 0
    clsid: Any = None
    grfStateBits: int = 0
    reserved: int = 0


class FileStream(ComObject):
    """IStream over a binary Python file, which it owns; also a context manager."""

    IMPLEMENTS = ("IStream",)

    def __init__(self, file: IO[bytes] | io.IOBase, name: str | None = None) -> None:
        self._file: Any = file
        self._name = name

    @translated
    def Read(self, cb: int) -> bytes:
        """Up to cb bytes from the position on; none at the end."""
        return bytes(self._usable("Read").read(to_long(self, "Read", cb, 0, _LARGEST)))

    @translated
    def Write(self, pv: bytes) -> int:
        """Returns how many bytes were taken."""
        data = to_bytes(self, "Write", pv)
        try:
            return int(self._usable("Write").write(data))
        except io.UnsupportedOperation:
            self._cannot("Write")

    @translated
    def Seek(self, dlibMove: int, dwOrigin: int = os.SEEK_SET) -> int:
        """Move the position (STREAM_SEEK_SET 0, CUR 1, END 2); returns it."""
        move = to_long(self, "Seek", dlibMove, -_LARGEST, _LARGEST)
        origin = to_long(self, "Seek", dwOrigin, os.SEEK_SET, os.SEEK_END)
        try:
            return int(self._usable("Seek").seek(move, origin))
        except ValueError as error:
            fail(self, "Seek", HResult.E_INVALIDARG, str(error))

    @translated
    def SetSize(self, libNewSize: int) -> int:
        """Make it this many bytes long."""
        size = to_long(self, "SetSize", libNewSize, 0, _LARGEST)
        try:
            self._usable("SetSize").truncate(size)
        except io.UnsupportedOperation:
            self._cannot("SetSize")
        return HResult.S_OK

    @translated
    def CopyTo(self, pstm: Any, cb: int) -> tuple[int, int]:
        """Copy up to cb bytes from the position on to another stream; returns bytes read and written."""
        left = to_long(self, "CopyTo", cb, 0, _LARGEST)
        if pstm is None:
            fail(self, "CopyTo", HResult.E_POINTER, "a stream is needed, not None")
        done = written = 0
        while left and (data := self.Read(min(left, _COPY_BYTES))):
            done += len(data)
            left -= len(data)
            written += pstm.Write(data)
        return done, written

    @translated
    def Commit(self, grfCommitFlags: int = 0) -> int:
        """Do nothing: what was written is there already."""
        self._usable("Commit").flush()
        return HResult.S_OK

    @translated
    def Revert(self) -> int:
        """Do nothing: there are no transactions to undo."""
        return HResult.S_OK

    @translated
    def LockRegion(self, libOffset: int, cb: int, dwLockType: int) -> int:
        self._cannot("LockRegion")

    @translated
    def UnlockRegion(self, libOffset: int, cb: int, dwLockType: int) -> int:
        self._cannot("UnlockRegion")

    @translated
    def Stat(self, grfStatFlag: int = 0) -> StatStg:
        """The size, and the name unless STATFLAG_NONAME (1) is given."""
        file = self._usable("Stat")
        position = file.tell()
        size = file.seek(0, os.SEEK_END)
        file.seek(position)
        return StatStg(None if grfStatFlag & 1 else self._name, STGTY_STREAM, size)

    @translated
    def Clone(self) -> FileStream:
        self._cannot("Clone")

    # Beyond IStream

    def Close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.Close()

    def _usable(self, member: str) -> Any:
        if self._file.closed:
            fail(self, member, HResult.HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE, "the stream is closed")
        return self._file

    def _cannot(self, member: str) -> NoReturn:
        fail(self, member, HResult.E_NOTIMPL, "this kind of stream cannot do that")


class AudioStream(FileStream):
    """The audio of one track, ready for AddAudioTrack.

    source  the name of a sound file of any kind, which is read to its end, checked and converted as
            `redbook.burn` does it ("raw:PATH" for PCM without a header); bytes of 44.1 kHz 16-bit stereo
            PCM; or a binary file of such PCM

    raises  redbook.AudioError  if the sound file cannot be used
    """

    def __init__(self, source: str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]) -> None:
        if isinstance(source, bytes | bytearray | memoryview):
            super().__init__(io.BytesIO(source))
        elif isinstance(source, str | os.PathLike):
            from redbook.audio.sectors import decode_to_file

            file = decode_to_file(source)[1]
            super().__init__(file, os.fspath(source))
            weakref.finalize(self, file.close)  # scripts from Windows never close a stream
        else:
            super().__init__(source, getattr(source, "name", None))


class _Zeros(io.RawIOBase):
    """A file of zero bytes, with a fixed length."""

    def __init__(self) -> None:
        super().__init__()
        self._size = self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise io.UnsupportedOperation("zeros stay zeros")

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._position))
        view[:count] = bytes(count)
        self._position += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        position = (0, self._position, self._size)[whence] + offset
        if position < 0:
            raise ValueError(f"{position} is before the start")
        self._position = position
        return position

    def tell(self) -> int:
        return self._position

    def truncate(self, size: int | None = None) -> int:
        self._size = self._position if size is None else size
        return self._size


class MsftStreamZero(FileStream):
    """A read-only stream of zeros, as long as SetSize says; digital silence."""

    PROGID = "IMAPI2.MsftStreamZero"

    def __init__(self) -> None:
        super().__init__(_Zeros())
