"""DDP sets: both of the vectors, the forms of their checksums, and what is refused with file and field."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.disc.cd_text import PackType, Texts, each_pack, encode, sealed
from redbook.drive import Drive
from redbook.errors import SheetError
from redbook.sheets import SheetOptions, folder_of_set, read_ddp
from redbook.sheets.ddp_records import Identifier, MapPacket, PqPacket
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.fuzz import ddp as fuzz
from tests.support.drives import as_sent

MAKER = Path(__file__).parents[1] / "vectors" / "ddp" / "make_ddp.py"
SETS = ("with-pause", "without-pause")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ddp")
    subprocess.run([sys.executable, str(MAKER), str(folder)], check=True)
    return folder


@pytest.fixture
def ddp(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "without-pause", tmp_path / "a set"))


def summed(folder: Path) -> None:
    """CHECKSUM.MD5 as it is right for what is there now."""
    names = [p.name for p in folder.iterdir() if p.name != "CHECKSUM.MD5"]
    lines = [f"{hashlib.md5((folder / name).read_bytes()).hexdigest()} *{name}\r\n" for name in names]
    (folder / "CHECKSUM.MD5").write_text("".join(lines))


def put(folder: Path, name: str, place: int, text: bytes) -> None:
    """Bytes of a file, and its checksum right again."""
    data = bytearray((folder / name).read_bytes())
    data[place : place + len(text)] = text
    (folder / name).write_bytes(data)
    summed(folder)


def refused(folder: Path, options: SheetOptions | None = None) -> str:
    with pytest.raises(SheetError) as caught:
        read_ddp(folder, "a set", options or SheetOptions())
    assert str(caught.value).startswith("a set: ")
    return str(caught.value)


def notes(folder: Path, **options: Any) -> str:
    return "\n".join(map(str, read_ddp(folder, "a set", SheetOptions(**options)).notes))


@pytest.mark.parametrize("model", ["redbook", "typical", "usb-combo", "bd-combo"])
@pytest.mark.parametrize("which", SETS)
def test_a_set_is_burned_and_verified(made: Path, which: str, model: str) -> None:
    said = json.loads((made / "expected.json").read_text())
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), model=model, clock=clock)
    report = redbook.burn(made / which, Drive(recorder), clock=clock)
    assert report.verified
    assert report.toc is not None
    assert report.toc.lead_out_lba == said["lead_out_lba"]
    assert recorder.disc is not None
    session = recorder.disc.state.sessions[0]
    assert session.mcn == said["mcn"]
    for track, due in zip(session.tracks, said["tracks"], strict=True):
        assert track.start_lba == due["start_lba"]
        assert track.start_lba - track.pregap_sectors == due["index0_lba"]
        assert list(track.indexes) == due["more_indexes_lba"]
        assert track.isrc == due["isrc"]
        assert track.control == (2 if "copy" in due["flags"] else 0)
    assert bytes.fromhex("".join(session.cd_text)) == (made / which / "CDTEXT.BIN").read_bytes()
    if model == "redbook":  # it has no offsets
        pcm = recorder.disc.read(0, said["lead_out_lba"])
        assert hashlib.sha1(pcm).hexdigest() == said["program_sha1"]


def test_what_names_a_set(ddp: Path) -> None:
    assert folder_of_set(ddp) == folder_of_set(ddp / "DDPID") == folder_of_set(ddp / "DDPMS") == ddp
    assert folder_of_set(ddp / "IMAGE.DAT") is None
    assert folder_of_set(ddp.parent) is None


def test_names_in_lower_case(ddp: Path) -> None:
    for path in list(ddp.iterdir()):
        path.rename(ddp / path.name.lower())
    assert folder_of_set(ddp) == ddp
    program = read_ddp(ddp, "a set")
    assert len(program.tracks) == 2
    assert "no checksum" not in "\n".join(map(str, program.notes))


@pytest.mark.parametrize("name", ["DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "IMAGE.DAT"])
def test_one_byte_changed_is_refused_by_its_checksum(ddp: Path, name: str) -> None:
    data = bytearray((ddp / name).read_bytes())
    data[40] ^= 1
    (ddp / name).write_bytes(data)
    said = refused(ddp)
    assert f"{name}: its MD5 is" in said
    assert "CHECKSUM.MD5 says" in said


@pytest.mark.parametrize("name", ["DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "IMAGE.DAT"])
def test_a_missing_file_is_named(ddp: Path, name: str) -> None:
    (ddp / name).unlink()
    assert f"{name} is missing" in refused(ddp)


def crc(data: bytes) -> str:
    return f"{zlib.crc32(data):08X}"


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


FORMS: dict[str, tuple[str, Callable[[str, bytes], str]]] = {
    "md5sum": ("MD5-Checksum.md5", lambda name, data: f"{md5(data)} *{name}\n"),
    "two blanks": ("md5.txt", lambda name, data: f"{md5(data).upper()}  {name}\r\n"),
    "in a folder": ("CHECKSUM.MD5", lambda name, data: f"{md5(data)} *D:\\masters\\{name}\n"),
    "macOS": ("checksum.txt", lambda name, data: f"MD5 (/Volumes/x/{name}) = {md5(data)}\n"),
    "CRC-32": ("CHECKSUM.TXT", lambda name, data: f"[CRC32 Checksum]\n{name}={crc(data)}\n"),
    "CRC-32 with a version": ("CHECKSUM.TXT", lambda name, data: f"Version=1.01\n{name} {crc(data)}\n"),
    "table": ("Checksum.txt", lambda name, data: f"{name}\t{len(data):08d}\t0x00\t{crc(data)}\n"),
    "two lines": ("checksums.txt", lambda name, data: f"File: {name}\nMD5: {md5(data)}\n"),
    "XML": ("md5.txt", lambda name, data: f'<file name="{name}" md5="{md5(data)}"/>\n'),
    "UTF-16": ("CHECKSUM.MD5", lambda name, data: f"{md5(data)} *{name}\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_checksums(ddp: Path, form: str) -> None:
    (ddp / "CHECKSUM.MD5").unlink()
    files = {path.name: path.read_bytes() for path in sorted(ddp.iterdir())}
    name, line = FORMS[form]
    text = "".join(line(file, data) for file, data in files.items())
    (ddp / name).write_bytes(text.encode("utf-16" if form == "UTF-16" else "ascii"))
    assert "checksum was found" not in notes(ddp)
    assert "Checked: " in notes(ddp)
    data = bytearray(files["IMAGE.DAT"])
    data[1_000_000] ^= 1
    (ddp / "IMAGE.DAT").write_bytes(data)
    assert f"{name} says" in refused(ddp)


def test_one_checksum_file_a_file(ddp: Path) -> None:
    (ddp / "CHECKSUM.MD5").unlink()
    for path in list(ddp.iterdir()):
        (ddp / f"{path.name}.md5").write_text(md5(path.read_bytes()) + "\n")
    assert "no checksum" not in notes(ddp)
    (ddp / "IMAGE.DAT.md5").write_text("0" * 32)
    assert "IMAGE.DAT: its MD5 is" in refused(ddp)


def test_a_set_without_checksums_is_said_to_be(ddp: Path) -> None:
    (ddp / "CHECKSUM.MD5").unlink()
    assert "there is no file of checksums" in notes(ddp)
    assert "--strict" in refused(ddp, SheetOptions(strict=True))
    (ddp / "Checksum.chk").write_text("DDPID 01234567\n")
    assert "redbook understands no checksum in it" in notes(ddp)


S0, TEXT, D0 = 0, 128, 256
REFUSED = [
    ("DDPID", 0, b"DDP 2.10", "DDPID, level: DDP 2.10"),
    ("DDPID", 0, b"RIFF", "this is not a DDP set"),
    ("DDPID", 37, b"2", "DDPID, MED: 2"),
    ("DDPID", 87, b"DV", "DDPID, TYPE: DV"),
    ("DDPID", 89, b"2", "DDPID, sides: 2"),
    ("DDPID", 91, b"2", "DDPID, layers: 2"),
    ("DDPID", 20, b"2", "DDPID, UPC: the check digit of 4006381333932 is wrong, 1 would be right"),
    ("DDPID", 8, b"0012345678905", "DDPID has UPC 0012345678905, PQDESCR has 4006381333931"),
    ("DDPMS", S0, b"VVVX", "DDPMS, packet 1, MPV"),
    ("DDPMS", D0 + 4, b"D4", "DDPMS, packet 3, DST: D4"),
    ("DDPMS", D0 + 14, b"0000150x", "DDPMS, packet 3, DSL: "),
    ("DDPMS", D0 + 14, b"00001501", "packet 3, DSL: 1501 sectors, but IMAGE.DAT has 3528000 bytes"),
    ("DDPMS", D0 + 14, b"00001499", "IMAGE.DAT has 3528000 bytes, and DDPMS (DSL) speaks of 3525648"),
    ("DDPMS", D0 + 22, b"00000000", "DDPMS, DSL and DSS: the audio ends at 00:20:00"),
    ("DDPMS", D0 + 22, b"00000200", "packet 3, DSS: 200"),
    ("DDPMS", D0 + 38, b"10", "packet 3, CDM: 10 is not audio"),
    ("DDPMS", D0 + 40, b"8", "packet 3, SSM: 8"),
    ("DDPMS", D0 + 42, b"0001", "packet 3, PRE1: 1"),
    (
        "DDPMS",
        D0 + 46,
        b"0150",
        "packet 3, PRE2: 150 sectors of pause are in the stream, but according to DSS it begins at 150",
    ),
    ("DDPMS", D0 + 46, b"0075", "packet 3, PRE2: 75 sectors"),
    ("DDPMS", S0 + 4, b"S9", "packet 1, DST: S9 is not a stream"),
    ("DDPMS", D0 + 54, b"2", "packet 3, MED: 2"),
    ("DDPMS", D0 + 55, b"07", "packet 3, TRK: 07, but PQDESCR has 2 tracks"),
    ("DDPMS", D0 + 74, b" " * 17, "packet 3, DSI: it names no file"),
    ("DDPMS", D0 + 91, b"S", "packet 3, NEW: S, another session"),
    ("DDPMS", D0 + 92, b"0001", "packet 3, PRE1NXT: 1"),
    ("DDPMS", D0 + 96, b"00000001", "packet 3, PAUSEADD: 1"),
    ("DDPMS", S0 + 30, b"RW24XX  ", "packet 1, SUB: RW24XX: R-W"),
    ("DDPMS", TEXT + 30, b"PQ DESCR", "packet 2, SUB: a second PQ DESCR"),
    ("DDPMS", S0 + 14, b"00000448", "packet 1, DSL: 448 bytes, but PQDESCR has 512"),
    ("PQDESCR", 64, b"VVVM", "PQDESCR, packet 2, SPV"),
    ("PQDESCR", 64 * 2 + 10, b"000100", "index 01 of track 1 lies at 00:01:00; expected 2 s of pause"),
    ("PQDESCR", 64 * 3 + 10, b"000000", "packet 4, time: 00:00:00 is before 00:02:00"),
    ("PQDESCR", 64 * 3 + 12, b"99", "packet 4, time: "),
    ("PQDESCR", 64 * 3 + 6, b"03", "packet 4, IDX: 03, expected 02"),
    ("PQDESCR", 64 * 5 + 10, b"010000", "packet 5, time: the last index of track 2, 01:00:00 is beyond"),
    ("PQDESCR", 64 * 6 + 10, b"001300", "00:14:00 is beyond the audio: the lead-out is at 00:13:00"),
    ("PQDESCR", 64 * 5 + 10, b"001850", "track 2 lasts 3.33 s; a track must last at least 4 s"),
    ("PQDESCR", 64 * 3 + 16, b"01", "packet 4, control: it differs"),
    ("PQDESCR", 64 * 4 + 16, b"41", "packet 5, control: track 2 is data"),
    ("PQDESCR", 64 * 4 + 4, b"03", "packet 5, TRK: 03, expected 02"),
    ("PQDESCR", 64 * 4 + 20, b"DEABC2500001", "packet 5, ISRC: DEABC2500001 is also that of track 1"),
    ("PQDESCR", 64 * 4 + 20, b"1234567890??", "is not an ISRC"),
    ("PQDESCR", 64 * 7 + 4, b"00", "packet 8, TRK: a second session"),
]


@pytest.mark.parametrize(("name", "place", "text", "said"), REFUSED, ids=[case[3][:40] for case in REFUSED])
def test_what_is_refused(ddp: Path, name: str, place: int, text: bytes, said: str) -> None:
    put(ddp, name, place, text)
    assert said in refused(ddp).replace('"', "")


def test_an_index_beyond_the_audio(ddp: Path) -> None:
    put(ddp, "PQDESCR", 64 * 6 + 10, b"001400")
    assert "beyond the audio: the lead-out is at 00:14:00" in refused(ddp)


def test_a_truncated_image(ddp: Path) -> None:
    data = (ddp / "IMAGE.DAT").read_bytes()
    (ddp / "IMAGE.DAT").write_bytes(data[:-2352])
    assert "it was cut short" in refused(ddp)


def test_a_wrong_check_digit_can_be_kept(ddp: Path) -> None:
    put(ddp, "DDPID", 8, b" " * 13)
    put(ddp, "PQDESCR", 32, b"4006381333932")
    assert "PQDESCR, UPC: the check digit" in refused(ddp)
    assert read_ddp(ddp, "a set", SheetOptions(keep_mcn=True)).mcn == "4006381333932"


def packed(ddp: Path, change: Callable[[bytes], bytes]) -> None:
    packs = b"".join(sealed(change(pack[:16])) for pack in each_pack((ddp / "CDTEXT.BIN").read_bytes()))
    (ddp / "CDTEXT.BIN").write_bytes(packs)
    summed(ddp)


@pytest.mark.parametrize("letter", [b"\x92", b"\xc3\xa9"], ids=["Windows-1252", "UTF-8"])
def test_text_that_is_not_latin_1(ddp: Path, letter: bytes) -> None:
    packed(ddp, lambda pack: pack.replace(b"Al", letter.ljust(2, b"l")))
    assert "CDTEXT.BIN, pack 1, text of track 0" in refused(ddp)


def test_packs_of_another_disc_and_damaged_ones(ddp: Path) -> None:
    packed(ddp, lambda pack: pack.replace(b"\0\1\2\0", b"\0\1\3\0") if pack[0] == 0x8F else pack)
    assert "CDTEXT.BIN: it belongs to a disc with tracks 1 to 3" in refused(ddp)
    put(ddp, "CDTEXT.BIN", 5, b"?")
    assert "CDTEXT.BIN: the checksum of pack 1" in refused(ddp)


def test_codes_of_cd_text_and_of_the_pq_descriptor(ddp: Path) -> None:
    for code, wrong in (("DEABC2500001", False), ("DEABC2500009", True)):
        texts = Texts(9, {PackType.TITLE: {0: "A", 1: "x", 2: "y"}, PackType.CODE: {1: code}})
        packs = encode([texts], 1, 2).packs
        (ddp / "CDTEXT.BIN").write_bytes(packs)
        put(ddp, "DDPMS", TEXT + 14, f"{len(packs):08d}".encode())
        if wrong:
            assert "PQDESCR says DEABC2500001: the set contradicts itself" in refused(ddp)
        else:
            assert read_ddp(ddp, "a set").packs == packs


def test_packs_with_a_zero_behind_them(ddp: Path) -> None:
    packs = (ddp / "CDTEXT.BIN").read_bytes()
    (ddp / "CDTEXT.BIN").write_bytes(packs + b"\0")
    put(ddp, "DDPMS", TEXT + 14, f"{len(packs) + 1:08d}".encode())
    assert read_ddp(ddp, "a set").packs == packs


def test_cd_text_is_told_by_its_sub(ddp: Path) -> None:
    put(ddp, "DDPMS", TEXT + 4, b"T0")
    assert read_ddp(ddp, "a set").packs == (ddp / "CDTEXT.BIN").read_bytes()
    assert "not burned" not in notes(ddp)
    put(ddp, "DDPMS", TEXT + 30, b"        ")
    assert "packet 2: T0, CDTEXT.BIN, is not burned" in notes(ddp)


def test_a_set_of_1_01(ddp: Path) -> None:
    put(ddp, "DDPID", 0, b"DDP 1.01")
    put(ddp, "DDPMS", D0 + 91, b"S   whatever the padding is")
    assert "DDP 1.01 set" in notes(ddp)


def test_one_file_for_each_track_and_a_place_in_a_file(ddp: Path) -> None:
    pcm = (ddp / "IMAGE.DAT").read_bytes()
    one = read_ddp(ddp, "a set")
    (ddp / "IMAGE.DAT").unlink()
    (ddp / "TRACK01.DAT").write_bytes(bytes(1176) + pcm[: 825 * 2352])
    (ddp / "TRACK02.DAT").write_bytes(pcm[825 * 2352 :])
    data = (ddp / "DDPMS").read_bytes()[:D0]
    audio = [
        MapPacket("D0", 825, 150, mode="DA", storage=7, track="01", name="TRACK01.DAT", offset=1176),
        MapPacket("D0", 675, mode="DA", storage=7, track="02", name="TRACK02.DAT"),
    ]
    (ddp / "DDPMS").write_bytes(data + b"".join(packet.to_bytes() for packet in audio))
    summed(ddp)
    program = read_ddp(ddp, "a set")
    assert [p.samples for t in program.tracks for p in t.pieces] == [
        p.samples for t in one.tracks for p in t.pieces
    ]
    assert next(p.first for t in program.tracks for p in t.pieces) == 294
    put(ddp, "DDPMS", D0 + 128 + 22, b"00000976")
    assert "DSS: 976, where the streams before it end at 975" in refused(ddp)


def test_sound_in_the_pause_is_told(made: Path, tmp_path: Path) -> None:
    ddp = Path(shutil.copytree(made / "with-pause", tmp_path / "a set"))
    put(ddp, "IMAGE.DAT", 1000, b"x")
    assert "there is audio in the two seconds" in notes(ddp)


def test_records_as_cue2ddp_writes_them() -> None:
    """cue2ddp 1.1, as recorded by ddp-reverse-eng (experiments 005, 009, 010)."""
    identifier = Identifier.from_bytes(b"DDP 2.000123456789012".ljust(87) + b"CD".ljust(41))
    assert identifier == Identifier("DDP 2.00", "0123456789012", disc_type="CD")
    line = b"VVVMD0" + b"750".rjust(16) + b"DA71".rjust(20) + b"225".rjust(8) + b"17IMAGE.DAT".rjust(33)
    audio = MapPacket.from_bytes(line.ljust(128))
    assert (audio.length, audio.pause, audio.name, audio.mode) == (750, 225, "IMAGE.DAT", "DA")
    assert (audio.storage, audio.scrambled, audio.start) == (7, "1", None)
    entry = PqPacket.from_bytes(b"VVVS0101  0002000S".ljust(64))
    assert entry == PqPacket("01", 1, 150, 0, scms=True)
    entry = PqPacket.from_bytes(b"VVVS0100  00000001  USABC1234567".ljust(64))
    assert entry == PqPacket("01", 0, 0, isrc="USABC1234567")
    for value in (identifier, audio, entry):
        assert type(value).from_bytes(value.to_bytes()) == value


@pytest.mark.parametrize("seed", fuzz.SEEDS, ids=range(len(fuzz.SEEDS)))
def test_sets_from_a_seed_keep_every_rule(seed: bytes) -> None:
    fuzz.one(seed)


GOING = SheetOptions(keep_going=True)


def holes(folder: Path) -> tuple[redbook.Program, str]:
    """What can be had, and what is said of it."""
    program = read_ddp(folder, "a set", GOING)
    return program, "\n".join(map(str, program.notes))


def test_an_error_says_what_keep_going_would_do(ddp: Path) -> None:
    put(ddp, "PQDESCR", 64 * 4 + 20, b"DEABC2500001")
    assert "(with --keep-going it is left out of track 2)" in refused(ddp)


def test_a_wrong_checksum_is_passed_over_when_asked(ddp: Path) -> None:
    data = bytearray((ddp / "IMAGE.DAT").read_bytes())
    data[40] ^= 1
    (ddp / "IMAGE.DAT").write_bytes(data)
    _, said = holes(ddp)
    assert "IMAGE.DAT: its MD5 is" in said
    assert "it is used as it is" in said
    recorder = VirtualRecorder(Medium.new())
    assert redbook.burn(ddp, Drive(recorder), sheet=GOING).verified


def test_missing_or_damaged_packs_are_left_out_when_asked(ddp: Path) -> None:
    whole = read_ddp(ddp, "a set").texts[0]
    put(ddp, "CDTEXT.BIN", 5, b"?")
    program, said = holes(ddp)
    assert program.packs == b""
    assert program.texts[0].text(PackType.PERFORMER, 2) == whole.text(PackType.PERFORMER, 2) != ""
    assert not program.texts[0].text(PackType.TITLE, 0)
    assert "CDTEXT.BIN: the checksum of pack 1" in said
    assert "the texts that can be read are used; lost: title of the disc" in said
    recorder = VirtualRecorder(Medium.new())
    assert redbook.burn(ddp, Drive(recorder), sheet=GOING).verified
    put(ddp, "CDTEXT.BIN", 0, b"\x00" * 18)
    assert "no CD-Text is burned" in holes(ddp)[1]
    (ddp / "CDTEXT.BIN").unlink()
    program, said = holes(ddp)
    assert program.packs == b""
    assert "CDTEXT.BIN is missing (DDPMS, packet 2, DSI): the set is incomplete; no CD-Text is burned" in said
    assert "CDTEXT.BIN is missing (CHECKSUM.MD5 has its MD5)" in said


def test_an_image_that_was_cut_short_has_a_hole_that_is_named(ddp: Path) -> None:
    data = (ddp / "IMAGE.DAT").read_bytes()
    (ddp / "IMAGE.DAT").write_bytes(data[: -10 * 2352 - 1000])
    summed(ddp)
    program, said = holes(ddp)
    # 1500 sectors behind the pause of 150; 10 whole ones and a part of another are not there.
    assert "it was cut short; silence is burned from 00:21:64 to 00:22:00" in said
    recorder = VirtualRecorder(Medium.new())
    assert redbook.burn(ddp, Drive(recorder), sheet=GOING).verified
    there = data[: -10 * 2352 - 1000]
    assert as_sent(recorder, 0, 1500) == there + bytes(len(data) - len(there))
    assert len(program.tracks) == 2


def test_codes_that_contradict_themselves_are_left_out_when_asked(ddp: Path) -> None:
    put(ddp, "PQDESCR", 64 * 4 + 20, b"DEABC2500001")
    put(ddp, "DDPID", 8, b"0012345678905")
    program, said = holes(ddp)
    assert [track.isrc for track in program.tracks] == ["DEABC2500001", ""]
    assert program.mcn == "4006381333931"
    assert "it is left out of track 2" in said
    assert "the set contradicts itself; that of PQDESCR is burned" in said
    put(ddp, "PQDESCR", 64 * 4 + 20, b"1234567890??")
    assert "is not an ISRC; it is left out" in holes(ddp)[1]


def test_a_wrong_check_digit_is_left_out_when_asked(ddp: Path) -> None:
    put(ddp, "DDPID", 8, b" " * 13)
    put(ddp, "PQDESCR", 32, b"4006381333932")
    program, said = holes(ddp)
    assert program.mcn == ""
    assert "1 would be right; it is left out" in said
    assert read_ddp(ddp, "a set", SheetOptions(keep_mcn=True, keep_going=True)).mcn == "4006381333932"


def test_texts_that_contradict_the_rest_are_burned_as_they_are_when_asked(ddp: Path) -> None:
    packed(ddp, lambda pack: pack.replace(b"Al", b"\x92l"))
    program, said = holes(ddp)
    assert program.packs == (ddp / "CDTEXT.BIN").read_bytes()
    assert "it is burned as it is" in said


@pytest.mark.parametrize("name", ["DDPID", "DDPMS", "PQDESCR", "IMAGE.DAT"])
def test_without_these_nothing_can_be_had(ddp: Path, name: str) -> None:
    (ddp / name).unlink()
    assert f"{name} is missing" in refused(ddp, GOING)


def test_strict_goes_before_keep_going(ddp: Path) -> None:
    put(ddp, "PQDESCR", 64 * 4 + 20, b"DEABC2500001")
    assert "--strict" in refused(ddp, SheetOptions(strict=True, keep_going=True))


def test_how_far_the_checksums_are_is_told_and_a_cancel_is_heard(
    ddp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redbook.sheets.ddp_sums._PIECE_BYTES", 500_000)
    parts: list[float] = []
    read_ddp(ddp, "a set", on_part=parts.append)
    assert parts == sorted(parts)
    assert len(parts) > 8
    assert parts[-1] == 1.0
    events: list[redbook.Event] = []
    cancel = redbook.Cancel()

    def told(event: redbook.Event) -> None:
        events.append(event)
        if isinstance(event, redbook.Working) and event.fraction > 0.3:
            cancel()

    with pytest.raises(redbook.Cancelled, match="nothing was sent"):
        redbook.burn(ddp, Drive(VirtualRecorder(Medium.new())), on_event=told, cancel=cancel)
    assert events[0] == redbook.PhaseStarted(redbook.Phase.CHECKING)
    assert max(event.fraction for event in events if isinstance(event, redbook.Working)) < 1
