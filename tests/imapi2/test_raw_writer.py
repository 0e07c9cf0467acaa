"""MsftDiscFormat2RawCD: what an image becomes on a disc, and what is refused before a disc is touched."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import redbook.imapi2 as imapi2
from redbook.disc import cd_text
from redbook.disc.raw_sectors import SubForm
from redbook.drive import Drive
from redbook.errors import Sense
from redbook.imapi2 import MsftDiscFormat2RawCD, MsftDiscRecorder2, com_error
from redbook.mmc.disc_info import DiscStatus, ReadCdText, ReadDiscInformation, ReadToc
from redbook.mmc.mode_pages import ModeSelect10, WriteParameters
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd, Selection, SubChannel
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder
from tests.imapi2.test_raw_image import COOKED, DISCS, PQ_ONLY, RAW, SECTOR_BYTES, created, songs
from tests.support.drives import as_sent
from tests.support.iec60908 import LEAD_OUT, START, Disc, crc, symbols
from tests.support.imapi import NAME, Rig, code_of, track

LEAD_IN = -11_077  # of an 80-minute blank: 97:34:23
LAST_LEAD_OUT = (79 * 60 + 59) * 75 + 74 - 150
DF2RAW = "E_IMAPI_DF2RAW_"


class RawRig(Rig):
    """model: fields of the drive's model that are otherwise"""

    def __init__(self, model: dict[str, Any] | None = None, **more: Any) -> None:
        self.model = model or {}
        super().__init__(**more)
        self.told: list[Any] = []

    def __post_init__(self) -> None:
        super().__post_init__()
        model = replace(Model.load("redbook"), **self.model)
        self.drive = VirtualRecorder(self.medium, speed=self.speed, clock=self.clock, model=model)

    def __enter__(self) -> RawRig:
        super().__enter__()
        imapi2.WithEvents(self.raw, lambda source, progress: self.told.append(progress))
        return self

    @property
    def blank(self) -> bool:
        disc = self.drive.disc
        return disc is not None and not disc.state.sessions


@pytest.fixture
def rig() -> Iterator[RawRig]:
    with RawRig() as rig:
        yield rig


def code(call: Callable[[], object]) -> str:
    with pytest.raises(com_error) as error:
        call()
    return error.value.name.removeprefix(DF2RAW)


def check_disc(drive: VirtualRecorder, disc: Disc) -> None:
    """Table of contents, Q of every sector, codes, sound: as the standard's own program has them."""
    reader = Drive(drive)
    toc = reader.run(ReadToc())
    assert toc.lead_out_lba == disc.lead_out
    assert [(t.number, t.start_lba, t.control) for t in toc.tracks] == [
        (disc.first + n, start, disc.control(n, None)) for n, start in enumerate(disc.starts)
    ]
    assert reader.run(ReadDiscInformation()).status is DiscStatus.COMPLETE
    for lba in range(-150, disc.lead_out):
        q = reader.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
        assert (q[:10], q[15]) in {(position, disc.p(lba) << 7) for position in disc.positions(lba)}, lba
    assert reader.run(ReadSubChannel(SubChannelFormat.MCN)).code == disc.mcn
    for n, song in enumerate(disc.songs):
        found = reader.run(ReadSubChannel(SubChannelFormat.ISRC, disc.first + n)).code
        assert found == song.isrc
    for lba in range(-150, disc.lead_out):
        assert reader.run(ReadCd(lba, 1)) == disc.sound(lba), lba


# What is on the disc


@pytest.mark.slow
@pytest.mark.parametrize("kind", [PQ_ONLY, COOKED, RAW])
@pytest.mark.parametrize(
    "name",
    [
        *("three tracks", "three tracks with gaps", "codes, flags and indexes", "the same with gaps"),
        *("sound before track 1", "tracks 97 to 99"),
    ],
)
def test_a_disc_is_what_its_image_says(name: str, kind: int, rig: RawRig) -> None:
    disc = DISCS[name]()
    image = created(disc, kind).CreateResultImage()
    writer = rig.prepared_raw(kind)
    assert writer.WriteMedia(image) == 0
    assert writer.ReleaseMedia() == 0
    assert rig.is_free()
    check_disc(rig.drive, disc)


@pytest.mark.slow
@pytest.mark.parametrize("gaps", [False, True])
def test_99_tracks(gaps: bool, rig: RawRig) -> None:
    disc = Disc(songs(*[300] * 99), gaps)
    rig.prepared_raw(RAW).WriteMedia(created(disc, RAW).CreateResultImage())
    toc = Drive(rig.drive).run(ReadToc())
    assert [t.start_lba for t in toc.tracks] == disc.starts
    assert as_sent(rig.drive, disc.starts[98], 300) == disc.songs[98].pcm


def whole(disc: Disc, kind: int) -> bytes:
    image = created(disc, kind).CreateResultImage()
    return image.Read(disc.sectors * SECTOR_BYTES[kind])


def three() -> Disc:
    return DISCS["codes, flags and indexes"]()


class NoSeek:
    """An IStream that only goes forward."""

    def __init__(self, data: bytes) -> None:
        self._file, self._size = io.BytesIO(data), len(data)

    def Read(self, count: int) -> bytes:
        return self._file.read(min(count, 70_000))

    def Stat(self, flag: int = 0) -> tuple[Any, int, int]:
        return (None, 2, self._size)

    def Seek(self, *where: object) -> int:
        raise OSError("this stream cannot seek")


@pytest.mark.slow
@pytest.mark.parametrize("way", [io.BytesIO, bytes, NoSeek])
def test_images_that_others_have_made(way: Callable[[bytes], Any], rig: RawRig) -> None:
    disc = three()
    stream = way(whole(disc, RAW))
    if isinstance(stream, io.BytesIO):
        stream.seek(12345)  # where it stands does not matter
    rig.prepared_raw(RAW).WriteMedia(stream)
    check_disc(rig.drive, disc)


def test_an_image_in_a_file(tmp_path: Any, rig: RawRig) -> None:
    disc = three()
    with (tmp_path / "disc.img").open("w+b") as file:
        created(disc, PQ_ONLY).CreateResultImage().CopyTo(imapi2.FileStream(file), 1 << 40)
        rig.prepared_raw(PQ_ONLY).WriteMedia(file)
    check_disc(rig.drive, disc)


@pytest.mark.slow
@pytest.mark.parametrize("lead_in", [-LEAD_IN, -LEAD_IN + 1, 22_650, 30_000])
def test_an_image_that_begins_elsewhere(lead_in: int, rig: RawRig) -> None:
    disc, data = three(), whole(three(), RAW)
    before = data[: max(0, lead_in + START) * 2448]
    data = before + data[max(0, -START - lead_in) * 2448 :]
    rig.prepared_raw(RAW).WriteMedia2(data, lead_in)
    check_disc(rig.drive, disc)


def test_the_same_image_on_two_discs(rig: RawRig) -> None:
    disc = three()
    image = created(disc, COOKED).CreateResultImage()
    for _ in range(2):
        rig.prepared_raw().WriteMedia(image)
        rig.raw.ReleaseMedia()
        check_disc(rig.drive, disc)
        rig.drive.insert(Medium.new("cd-r", 74))


# Sector types that the drive does not take


def watched(rig: RawRig) -> list[tuple[bytes, bytes]]:
    """Every command from now on, with its data."""
    seen: list[tuple[bytes, bytes]] = []
    execute = rig.drive.execute

    def keep(cdb: bytes, data_out: bytes | memoryview = b"", *more: Any, **named: Any) -> Reply:
        seen.append((cdb, bytes(data_out)))
        return execute(cdb, data_out, *more, **named)

    rig.drive.execute = keep  # type: ignore[method-assign]
    return seen


def kinds_written(seen: list[tuple[bytes, bytes]]) -> set[int]:
    lengths = {len(data) // int.from_bytes(cdb[7:9], "big") for cdb, data in seen if cdb[0] == 0x2A and data}
    pages = [data for cdb, data in seen if cdb[0] == ModeSelect10.OPCODE]
    last = WriteParameters.from_page(pages[-1][8:])
    assert lengths == {2352 + SubForm(last.data_block_type).sub_bytes}
    assert (last.write_type, last.multi_session) == (3, 0)
    return {last.data_block_type}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("taken", "kind", "sent"),
    [
        ((1, 2, 3), PQ_ONLY, 1),
        ((1, 2, 3), COOKED, 3),
        ((1, 2, 3), RAW, 3),
        ((1,), PQ_ONLY, 1),
        ((1,), COOKED, 1),
        ((1,), RAW, 1),
        ((2,), PQ_ONLY, 2),
        ((2,), COOKED, 2),
        ((2,), RAW, 2),
        ((3,), PQ_ONLY, 3),
        ((3,), COOKED, 3),
        ((1, 2), RAW, 2),
    ],
)
def test_every_type_goes_to_every_drive(taken: tuple[int, ...], kind: int, sent: int) -> None:
    disc = three()
    with RawRig({"raw_block_types": taken}) as rig:
        writer = rig.prepared_raw()
        assert writer.SupportedSectorTypes == (1, 2, 3)
        writer.RequestedSectorType = kind
        seen = watched(rig)
        writer.WriteMedia(io.BytesIO(whole(disc, kind)))
        assert kinds_written(seen) == {sent}
        writer.ReleaseMedia()
        check_disc(rig.drive, disc)


def graphics(lba: int) -> bytes:
    """R to W of a sector: no two alike, and zero before the program."""
    return bytes((lba * 7 + n) % 64 for n in range(96)) if lba >= -150 else bytes(96)


def with_graphics(disc: Disc, kind: int) -> Any:
    creator = created(disc, kind)
    lbas = range(START, disc.lead_out + LEAD_OUT)
    creator.AddSubcodeRWGenerator(io.BytesIO(b"".join(map(graphics, lbas))))
    return creator.CreateResultImage()


def r_to_w_on(rig: RawRig, lba: int) -> bytes:
    raw = Drive(rig.drive).run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.RAW)))
    return bytes(byte & 0x3F for byte in raw)


def test_r_to_w_as_it_is_comes_through(rig: RawRig) -> None:
    disc = three()
    rig.prepared_raw(RAW).WriteMedia(with_graphics(disc, RAW))
    for lba in (-150, 0, 777, disc.lead_out - 1):
        assert r_to_w_on(rig, lba) == graphics(lba)
    check_disc(rig.drive, disc)


def syndromes(pack: bytes) -> set[int]:
    """Of both codes of a pack, by the check matrices in print: all are zero where it is sound.

    IEC 60908 17.6: rows of powers of a in GF(2^6), x^6 + x + 1; over symbols 0 to 3 and 0 to 23.
    """

    def times(one: int, other: int) -> int:
        product = 0
        for bit in range(6):
            if other >> bit & 1:
                product ^= one << bit
        for bit in range(10, 5, -1):
            if product >> bit & 1:
                product ^= 0b1000011 << bit - 6
        return product

    found = set()
    for code_, rows in ((pack[:4], 2), (pack, 4)):
        for row in range(rows):
            a = 1
            for _ in range(row):
                a = times(a, 2)
            total = 0
            for symbol in code_:
                total = times(total, a) ^ symbol
            found.add(total)
    return found


# Where symbol n of a pack is, in sub-channel symbols behind the pack's first one: a table that players of
# CD+G share (Mednafen, VLC).
SPREAD = (0, 66, 125, 191, 100, 50, 150, 175, 8, 33, 58, 83, 108, 133, 158, 183, 16, 41, 25, 91, 116, 141)
SPREAD += (166, 75)


def test_packs_are_interleaved_and_protected_for_a_drive_that_takes_r_to_w_as_it_is(rig: RawRig) -> None:
    disc = three()
    rig.prepared_raw(COOKED).WriteMedia(with_graphics(disc, COOKED))
    for lba in (-150, 17, 900):
        there = b"".join(r_to_w_on(rig, lba + n) for n in range(3))
        for number in range(4):
            pack = bytes(there[24 * number + at] for at in SPREAD)
            given = graphics(lba)[24 * number : 24 * (number + 1)]
            assert pack[:2] + pack[4:20] == given[:2] + given[4:20]
            assert syndromes(pack) == {0}
    check_disc(rig.drive, disc)


@pytest.mark.parametrize(("taken", "kind"), [((1,), COOKED), ((1,), RAW), ((1, 2), RAW), ((2,), RAW)])
@pytest.mark.parametrize("ours", [True, False])
def test_r_to_w_that_the_drive_cannot_take_is_known_before_the_disc_is_touched(
    taken: tuple[int, ...], kind: int, ours: bool
) -> None:
    with RawRig({"raw_block_types": taken}) as rig:
        image = with_graphics(three(), kind)
        stream = image if ours else io.BytesIO(image.Read(1 << 30))
        writer = rig.prepared_raw(kind)
        assert code(lambda: writer.WriteMedia(stream)) == "DATA_BLOCK_TYPE_NOT_SUPPORTED"
        assert rig.blank


def test_cd_text_in_the_lead_in(rig: RawRig) -> None:
    packs = b"".join(cd_text.sealed(bytes((0x80, n, n, 0)) + b"Title %d\0\0\0\0\0" % n) for n in range(4))
    creator = created(three(), RAW)
    creator.CDText = packs
    rig.prepared_raw(RAW).WriteMedia(creator.CreateResultImage())
    assert Drive(rig.drive).run(ReadCdText()) == packs
    check_disc(rig.drive, three())


# Refused before anything is sent


def without_contents(data: bytes, spoil: Callable[[bytearray], None]) -> bytes:
    spoiled = bytearray(data)
    for at in range(0, 22_500 * 2448, 2448):
        sub = memoryview(spoiled)[at + 2352 : at + 2448]
        one = bytearray(sub)
        spoil(one)
        sub[:] = one
    return bytes(spoiled)


def flip(sub: bytearray) -> None:
    sub[30] ^= 0x40


def no_crc(sub: bytearray) -> None:
    sub[80:] = bytes(byte & ~0x40 for byte in sub[80:])


BAD: dict[str, Callable[[bytes], Any]] = {
    "empty": lambda data: b"",
    "no whole sectors": lambda data: data[:-1],
    "of another type": lambda data: whole(three(), PQ_ONLY),
    "a sound file's length of zeros": lambda data: bytes(2448 * 30_000),
    "every CRC wrong": lambda data: without_contents(data, flip),
    "no CRC, which nobody adds to 96 bytes": lambda data: without_contents(data, no_crc),
    "no track": lambda data: data[: (22_650 + 299) * 2448],
    "breaks off before its own lead-out": lambda data: data[: (22_650 + 1000) * 2448],
    "begins elsewhere": lambda data: data[22_000 * 2448 :],
    "a stream that hides its size": lambda data: type("Pipe", (), {"read": lambda self, n: b""})(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD)
def test_streams_that_would_make_no_disc(name: str, rig: RawRig) -> None:
    bad = BAD[name](whole(three(), RAW))
    writer = rig.prepared_raw(RAW)
    assert code(lambda: writer.WriteMedia(bad)) == "STREAM_NOT_SUPPORTED"
    assert rig.blank
    assert rig.told == []
    assert writer.WriteMedia(whole(three(), RAW)) == 0


def test_the_crc_of_the_16_bytes_is_the_drive_s(rig: RawRig) -> None:
    data = bytearray(whole(three(), PQ_ONLY))
    for at in range(0, len(data), 2368):
        data[at + 2362 : at + 2364] = bytes(2)
    rig.prepared_raw(PQ_ONLY).WriteMedia(bytes(data))
    check_disc(rig.drive, three())


def test_a_lead_in_that_is_too_short_for_the_disc(rig: RawRig) -> None:
    data = whole(three(), RAW)
    short = -LEAD_IN - 1
    writer = rig.prepared_raw(RAW)
    call = lambda: writer.WriteMedia2(data[(22_650 - short) * 2448 :], short)  # noqa: E731
    assert code(call) == "STREAM_LEADIN_TOO_SHORT"
    for wrong in (0, -1, "x"):
        with pytest.raises(com_error) as error:
            writer.WriteMedia2(data, wrong)  # type: ignore[arg-type]
        assert error.value.name in ("E_INVALIDARG", "DISP_E_TYPEMISMATCH")
    assert rig.blank


class Zeros:
    """So many zero bytes, as an IStream."""

    def __init__(self, size: int) -> None:
        self._size = size

    def Read(self, count: int) -> bytes:
        return bytes(count)

    def Seek(self, at: int, origin: int) -> int:
        return at

    def Stat(self, flag: int) -> tuple[None, int, int]:
        return (None, 2, self._size)


@pytest.mark.parametrize("over", [0, 1])
def test_a_disc_that_is_too_short(over: int) -> None:
    """The very last sector counts; the fullest disc is written to its end."""
    with RawRig(medium=Medium.new("cd-r", 80)) as rig:
        writer = rig.prepared_raw(RAW)
        creator = imapi2.MsftRawCDImageCreator()
        creator.ResultingImageType = RAW
        creator.AddTrack(0, Zeros((writer.LastPossibleStartOfLeadout + over) * 2352))
        image = creator.CreateResultImage()
        if over:
            assert code(lambda: writer.WriteMedia(image)) == "NOT_ENOUGH_SPACE"
            assert rig.blank
            creator = imapi2.MsftRawCDImageCreator()
            creator.StartOfLeadoutLimit = writer.LastPossibleStartOfLeadout
            with pytest.raises(com_error) as error:
                creator.AddTrack(0, Zeros((LAST_LEAD_OUT + 1) * 2352))
            assert error.value.name == "E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE"
            return
        rig.drive.faults.append(Fault(Sense(3, 0x0C, 0x00), Write10, nth=20))
        assert code(lambda: writer.WriteMedia(image)) == "E_FAIL"  # it was begun: that will do


def test_a_source_that_has_shrunk_is_known_before_the_disc_is_touched(rig: RawRig) -> None:
    file = io.BytesIO(track(400))
    creator = imapi2.MsftRawCDImageCreator()
    creator.AddTrack(0, file)
    image = creator.CreateResultImage()
    file.truncate(300 * 2352)
    writer = rig.prepared_raw()
    with pytest.raises(com_error, match="had 940800 bytes") as error:
        writer.WriteMedia(image)
    assert error.value.name == "E_FAIL"
    assert rig.blank


# What goes wrong later


class Breaking(io.BytesIO):
    def __init__(self, data: bytes, at: int) -> None:
        super().__init__(data)
        self._breaks_at = at

    def readinto(self, buffer: Any) -> int:
        if self.tell() > self._breaks_at:
            raise OSError("the disk is gone")
        return super().readinto(buffer)


def test_a_stream_that_breaks_off(rig: RawRig) -> None:
    """Behind what the read-ahead holds, so the disc is begun by then, and is told to be lost."""
    data = whole(Disc(songs(9000)), RAW)
    writer = rig.prepared_raw(RAW)
    with pytest.raises(com_error, match="the disk is gone") as error:
        writer.WriteMedia(Breaking(data, (22_650 + 4000) * 2448))
    assert error.value.name == "E_FAIL"
    assert "the disc is spoiled: the session ended early, at " in str(error.value)
    assert writer._state.value == "P"
    assert code(lambda: writer.WriteMedia(data)) == "MEDIA_IS_NOT_BLANK"
    writer.ReleaseMedia()
    assert rig.is_free()
    assert code(writer.PrepareMedia) == "MEDIA_IS_NOT_BLANK"


def test_a_refused_write_says_where(rig: RawRig) -> None:
    rig.drive.faults.append(Fault(Sense(3, 0x0C, 0x00), Write10, lba=200))
    writer = rig.prepared_raw(RAW)
    with pytest.raises(com_error) as error:
        writer.WriteMedia(created(three(), RAW).CreateResultImage())
    assert "LBA" in str(error.value)
    assert "the disc is spoiled" in str(error.value)
    writer.ReleaseMedia()
    assert rig.is_free()


def test_a_drive_that_took_all_and_closed_nothing_is_told(rig: RawRig) -> None:
    writer = rig.prepared_raw(RAW)
    rig.drive.faults.append(Fault(Reply(Status.GOOD), SynchronizeCache, times=None))
    with pytest.raises(com_error, match="not complete"):
        writer.WriteMedia(created(three(), RAW).CreateResultImage())


# Events, cancel, speeds, access


def test_updates_tell_addresses_of_the_disc(rig: RawRig) -> None:
    disc = three()
    rig.prepared_raw(RAW).WriteMedia(created(disc, RAW).CreateResultImage())
    sectors = disc.lead_out + LEAD_OUT - LEAD_IN
    told = [
        (one.CurrentAction, one.StartLba, one.SectorCount, one.LastReadLba, one.LastWrittenLba)
        for one in rig.told
    ]
    last = LEAD_IN + sectors - 1
    assert told == [
        (1, LEAD_IN, sectors, LEAD_IN, LEAD_IN),
        (2, LEAD_IN, sectors, LEAD_IN, LEAD_IN),
        (2, LEAD_IN, sectors, last, last),
        (3, LEAD_IN, sectors, last, last),
    ]
    assert all(isinstance(one, imapi2.RawCDEventArgs) for one in rig.told)
    assert rig.told[-1].TotalSystemBuffer > 0
    told_before = len(rig.told)
    rig.raw.ReleaseMedia()
    assert len(rig.told) == told_before


def test_updates_come_twice_a_second_at_the_drive_s_speed() -> None:
    with RawRig(speed=8.0) as rig:
        disc = Disc(songs(6000))
        rig.prepared_raw(RAW).WriteMedia(created(disc, RAW).CreateResultImage())
        writing = [one for one in rig.told if one.CurrentAction == 2]
        seconds = writing[-1].ElapsedTime - writing[0].ElapsedTime
        assert seconds >= 30  # 24 000 sectors at 8x are 40 s, of which the buffer hides a little
        assert len(writing) <= 2 * seconds + 4
        written = [one.LastWrittenLba for one in writing]
        assert written == sorted(written)
        remaining = [one.RemainingTime for one in writing]
        assert remaining[1] > remaining[-1]


@pytest.mark.parametrize("action", [1, 2, 3])
def test_a_cancel(action: int, rig: RawRig) -> None:
    disc = three()

    def cancel(source: Any, progress: Any) -> None:
        if progress.CurrentAction == action and progress.LastWrittenLba >= (0 if action == 3 else LEAD_IN):
            source.CancelWrite()

    imapi2.WithEvents(rig.raw, cancel)
    writer = rig.prepared_raw(RAW)
    with pytest.raises(com_error) as error:
        writer.WriteMedia(created(disc, RAW).CreateResultImage())
    assert error.value.name == "E_IMAPI_REQUEST_CANCELLED"
    assert writer._state.value == "P"
    writer.ReleaseMedia()
    assert rig.is_free()
    if action == 1:
        assert rig.blank
        assert "nothing was written" in str(error.value)
    if action == 3:
        assert "complete" in str(error.value)
        check_disc(rig.drive, disc)


def test_a_cancel_while_it_writes_loses_the_disc() -> None:
    with RawRig(speed=8.0, medium=Medium.new("cd-rw", 74)) as rig:

        def cancel(source: Any, progress: Any) -> None:
            if progress.LastWrittenLba > -9000:
                source.CancelWrite()

        imapi2.WithEvents(rig.raw, cancel)
        writer = rig.prepared_raw(RAW)
        with pytest.raises(com_error) as error:
            writer.WriteMedia(created(three(), RAW).CreateResultImage())
        assert error.value.name == "E_IMAPI_REQUEST_CANCELLED"
        assert "erase it" in str(error.value)
        assert max(one.LastWrittenLba for one in rig.told) < 0
        writer.ReleaseMedia()
        rig.ready_eraser().EraseMedia()
        writer.PrepareMedia()
        writer.RequestedSectorType = RAW
        rig.raw._sinks.clear()
        assert writer.WriteMedia(created(three(), RAW).CreateResultImage()) == 0
        check_disc(rig.drive, three())


def test_while_it_writes_the_drive_is_this_writer_s_alone(rig: RawRig) -> None:
    seen: list[object] = []

    def look(source: MsftDiscFormat2RawCD, progress: Any) -> None:
        if seen:
            return
        other = MsftDiscRecorder2()
        other.InitializeDiscRecorder(rig.unique_id)
        seen.append(code(lambda: other.AcquireExclusiveAccess(True, "another program")))
        seen.append(other.ExclusiveAccessOwner)
        seen.append(code(rig.recorder.EjectMedia))
        seen.append(source.CurrentWriteSpeed > 0)
        seen.append(
            (source.StartOfNextSession, source.LastPossibleStartOfLeadout, source.RequestedSectorType)
        )
        seen.append(code(source.ReleaseMedia))

    imapi2.WithEvents(rig.raw, look)
    rig.prepared_raw(RAW).WriteMedia(created(three(), RAW).CreateResultImage())
    assert seen == [
        "E_IMAPI_RECORDER_LOCKED",
        NAME,
        "E_IMAPI_RECORDER_MEDIA_BUSY",
        True,
        (LEAD_IN, LAST_LEAD_OUT, RAW),
        "WRITE_IN_PROGRESS",
    ]


def test_dropping_a_prepared_writer_frees_the_drive_and_leaves_the_disc_blank(rig: RawRig) -> None:
    rig.prepared_raw()
    rig.raw = MsftDiscFormat2RawCD()
    deadline = threading.Event()
    for _ in range(100):
        try:
            assert rig.is_free()
            break
        except com_error:
            deadline.wait(0.05)
    else:
        pytest.fail("the drive is still taken")
    assert rig.blank


def test_a_failed_write_keeps_no_writer_alive(rig: RawRig) -> None:
    writer = MsftDiscFormat2RawCD()
    writer.Recorder, writer.ClientName = rig.recorder, NAME
    writer.PrepareMedia()
    kept: list[BaseException] = []
    try:
        writer.WriteMedia(b"")
    except com_error as error:
        kept.append(error)
    with writer:
        pass
    del writer
    assert kept
    assert rig.is_free()


def test_speeds_and_what_prepare_media_makes_of_them(rig: RawRig) -> None:
    writer = rig.ready_raw()
    assert writer.SetWriteSpeed(601, False) == imapi2.HResult.S_IMAPI_SPEEDADJUSTED
    assert writer.PrepareMedia() == imapi2.HResult.S_IMAPI_SPEEDADJUSTED
    assert (writer.CurrentWriteSpeed, writer.RequestedWriteSpeed) == (600, 601)
    writer.RequestedSectorType = RAW
    writer.WriteMedia(created(three(), RAW).CreateResultImage())
    assert writer.CurrentWriteSpeed == 600  # writing has not changed it
    writer.ReleaseMedia()


@pytest.mark.parametrize("off", [False, True])
def test_underrun_protection(off: bool, rig: RawRig) -> None:
    writer = rig.prepared_raw(RAW)
    writer.BufferUnderrunFreeDisabled = off
    seen = watched(rig)
    writer.WriteMedia(created(three(), RAW).CreateResultImage())
    pages = [WriteParameters.from_page(data[8:]) for cdb, data in seen if cdb[0] == ModeSelect10.OPCODE]
    assert pages
    assert {page.underrun_protection for page in pages} == {not off}
    writer.ReleaseMedia()
    rig.drive.insert(Medium.new())
    writer.PrepareMedia()
    assert (writer.BufferUnderrunFreeDisabled, writer.RequestedSectorType) == (False, COOKED)


# Drives that write no raw sectors


@pytest.mark.parametrize("name", ["usb-combo", "slow-closer", "old-scsi", "bd-combo"])
def test_a_drive_without_raw_writing_is_refused_and_another_way_is_named(name: str) -> None:
    with RawRig() as rig:
        imapi2.detach(rig.unique_id)
        drive = VirtualRecorder(Medium.new(), model=Model.load(name))
        imapi2.attach(drive, rig.unique_id)
        recorder = MsftDiscRecorder2()
        recorder.InitializeDiscRecorder(rig.unique_id)
        writer = MsftDiscFormat2RawCD()
        assert writer.IsRecorderSupported(recorder) is False
        assert writer.IsCurrentMediaSupported(recorder) is False
        with pytest.raises(com_error, match="--mode sao") as error:
            writer.Recorder = recorder
        assert error.value.name == DF2RAW + "RECORDER_NOT_SUPPORTED"
        assert "MsftDiscFormat2TrackAtOnce" in str(error.value)
        assert writer.Recorder is None
        page = recorder.GetModePage(0x05, 0)
        assert page[2] & 0xF != 3  # asking has not left it set for raw writing


def test_neither_tray_nor_disc_matter_to_what_a_recorder_can(rig: RawRig) -> None:
    rig.drive.insert(None)
    assert rig.raw.IsRecorderSupported(rig.recorder) is True
    rig.raw.Recorder = rig.recorder
    with pytest.raises(com_error) as error:
        rig.raw.IsCurrentMediaSupported(rig.recorder)
    assert error.value.name == "E_IMAPI_RECORDER_MEDIA_NO_MEDIA"


# Reading back


@pytest.mark.parametrize("kind", [PQ_ONLY, RAW])
def test_reading_back(kind: int, rig: RawRig) -> None:
    writer = rig.ready_raw()
    writer.ReadBackAudio = True
    writer.PrepareMedia()
    writer.RequestedSectorType = kind
    assert writer.WriteMedia(created(three(), kind).CreateResultImage()) == 0
    assert {one.CurrentAction for one in rig.told} == {1, 2, 3}


def test_a_disc_that_is_otherwise_is_told(rig: RawRig) -> None:
    writer = rig.ready_raw()
    writer.ReadBackAudio = True
    writer.PrepareMedia()
    writer.RequestedSectorType = RAW
    put = Medium.put_at_once

    def spoil(medium: Medium, lba: int, data: bytes, symbols_: bytes = b"") -> None:
        if lba <= 700 < lba + len(data) // 2352:
            at = (700 - lba) * 2352
            data = data[:at] + bytes(4) + data[at + 4 :]
        put(medium, lba, data, symbols_)

    Medium.put_at_once = spoil  # type: ignore[method-assign,assignment]
    try:
        with pytest.raises(com_error, match="track 3") as error:
            writer.WriteMedia(created(three(), RAW).CreateResultImage())
    finally:
        Medium.put_at_once = put  # type: ignore[method-assign]
    assert error.value.name == "E_IMAPI_BURN_VERIFICATION_FAILED"


def test_the_standard_s_own_program_makes_an_image_that_burns(rig: RawRig) -> None:
    """Nothing of redbook's creator is in it."""
    disc = three()

    def sector(lba: int) -> bytes:
        q = sorted(disc.positions(lba))[-1 if lba % 90 == 40 else 0]
        if lba < -150:
            q = sorted(disc.positions(lba))[lba // 3 % len(disc.contents)]
        return disc.sound(lba) + symbols(disc.p(lba), q + crc(q))

    image = b"".join(map(sector, range(LEAD_IN, disc.lead_out + LEAD_OUT)))
    rig.prepared_raw(RAW).WriteMedia2(image, -LEAD_IN)
    toc = Drive(rig.drive).run(ReadToc())
    assert [t.start_lba for t in toc.tracks] == disc.starts
    assert as_sent(rig.drive, 0, disc.lead_out) == b"".join(map(disc.sound, range(disc.lead_out)))


def test_code_of_is_an_hresult(rig: RawRig) -> None:
    with pytest.raises(com_error) as error:
        rig.raw.PrepareMedia()
    assert code_of(error) is imapi2.HResult.E_IMAPI_DF2RAW_NO_RECORDER_SPECIFIED
