"""Masters: made once, checked, read by many, and burned like any other source."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import redbook
from redbook.authoring.wishes import Loudness
from redbook.drive import Drive
from redbook.production.master import check_master, make_master, unpack
from redbook.sheets.master_file import BLOBS, MASTER_FILE, MasterFile, read_master_file
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import noise, write_wav

SECTOR = 2352


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [write_wav(tmp_path / f"{n}.wav", noise(588 * 310 + 5 * n, n)) for n in range(3)]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Titles, codes, a hidden track of 5 s, a pregap with sound in it, an index 2."""
    write_wav(tmp_path / "all.wav", noise(588 * 1500, 9))
    path = tmp_path / "album.cue"
    path.write_text(
        'CATALOG 4006381333931\nTITLE "Whole"\nPERFORMER "Who"\nFILE "all.wav" WAVE\n'
        'TRACK 01 AUDIO\nTITLE "One"\nISRC DEA621500001\nINDEX 00 00:00:00\nINDEX 01 00:05:00\n'
        'TRACK 02 AUDIO\nTITLE "Two"\nINDEX 00 00:10:00\nINDEX 01 00:11:00\nINDEX 02 00:14:00\n'
    )
    return path


def blank(**options: object) -> Drive:
    return Drive(VirtualRecorder(Medium.new("cd-r"), **options), "test")  # type: ignore[arg-type]


def disc_of(drive: Drive) -> tuple[object, ...]:
    info = redbook.disc_info(drive)
    assert info.disc.toc is not None
    return info.disc.toc, info.labels


@pytest.mark.parametrize("flac", [False, True], ids=["sectors", "flac"])
def test_a_master_makes_the_disc_that_its_sheet_makes(sheet: Path, tmp_path: Path, flac: bool) -> None:
    folder = tmp_path / "a master"
    report = make_master(sheet, folder, flac=flac)
    assert check_master(folder).name == report.name
    direct, kept = blank(), blank()
    burned = redbook.burn(sheet, direct)
    again = redbook.burn(folder, kept)
    assert again.verified and str(again.mode) == "sao"
    assert disc_of(kept) == disc_of(direct)
    assert disc_of(kept)[1].mcn == "4006381333931"  # type: ignore[attr-defined]
    for one, other in zip(burned.tracks, again.tracks, strict=True):
        assert (one.sha256, one.accuraterip_v1, one.accuraterip_v2) == (
            other.sha256,
            other.accuraterip_v1,
            other.accuraterip_v2,
        )
    assert redbook.verify(sheet, kept).same
    assert redbook.verify(folder, direct).same


def test_its_blobs_are_named_by_the_sectors_that_lie_on_the_disc(songs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "m"
    report = make_master(songs, folder)
    sent = b""
    for song in songs:
        pcm = song.read_bytes()[44:]
        sent += pcm + bytes(-len(pcm) % SECTOR)
    assert report.file.sectors == len(sent) // SECTOR
    at = 0
    for track, sectors in zip(report.file.tracks, report.file.lengths(), strict=True):
        own = sent[at * SECTOR : (at + sectors) * SECTOR]
        assert hashlib.sha256(own).hexdigest() == track.sha256
        assert (folder / BLOBS / f"{track.sha256}.pcm").read_bytes() == own
        at += sectors
    data = (folder / MASTER_FILE).read_bytes()
    assert hashlib.sha256(data).hexdigest() == report.name
    assert json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode() == data


def test_two_tracks_that_are_the_same_are_kept_once(songs: list[Path], tmp_path: Path) -> None:
    report = make_master([songs[0], songs[1], songs[0]], tmp_path / "m")
    assert len(list((tmp_path / "m" / BLOBS).iterdir())) == 2
    assert check_master(tmp_path / "m").name == report.name
    drive = blank()
    assert redbook.burn(tmp_path / "m", drive).verified
    assert redbook.verify([songs[0], songs[1], songs[0]], drive).same


def test_the_same_disc_has_the_same_name_and_another_one_another(songs: list[Path], tmp_path: Path) -> None:
    names = [make_master(songs, tmp_path / n).name for n in "ab"]
    names.append(make_master(songs, tmp_path / "flac", flac=True).name)
    assert len(set(names)) == 1
    assert make_master(songs[:2], tmp_path / "c").name not in names
    assert make_master(songs, tmp_path / "d", mode="tao").name not in names


def test_track_at_once_is_kept_too(songs: list[Path], tmp_path: Path) -> None:
    make_master(songs, tmp_path / "m", mode="tao")
    drive = blank()
    report = redbook.burn(tmp_path / "m", drive)
    assert report.verified and str(report.mode) == "tao"
    assert redbook.verify(songs, drive).same
    assert redbook.verify(tmp_path / "m", drive).same


def test_titles_that_were_not_wanted_do_not_come_back(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "a.wav", noise(588 * 310, 1))
    flac = tmp_path / "a.flac"
    subprocess.run(["flac", "-s", "-T", "TITLE=No", song, "-o", flac], check=True)
    make_master(flac, tmp_path / "m", wishes=redbook.Wishes(cd_text=redbook.CdText.NONE))
    drive = blank()
    assert redbook.burn(tmp_path / "m", drive).verified
    assert not disc_of(drive)[1].texts  # type: ignore[attr-defined]


def test_a_disc_that_differs_from_a_master_is_found_to_the_sample(songs: list[Path], tmp_path: Path) -> None:
    make_master(songs, tmp_path / "m")
    drive = blank()
    changed = songs[1].read_bytes()
    songs[1].write_bytes(changed[:-4000] + bytes(40) + changed[-3960:])
    redbook.burn(songs, drive)
    with pytest.raises(redbook.VerificationFailed, match="track 2") as caught:
        redbook.verify(tmp_path / "m", drive)
    assert "sample" in str(caught.value)


def test_several_burns_read_one_master_at_once_and_leave_it_whole(songs: list[Path], tmp_path: Path) -> None:
    make_master(songs, tmp_path / "m")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "m" / BLOBS).iterdir()}
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: redbook.burn(tmp_path / "m", blank()), range(3)))
    assert all(report.verified for report in reports)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "m" / BLOBS).iterdir()} == before


@pytest.mark.parametrize("mode", ["auto", "tao"])
def test_damaged_audio_is_found_before_anything_is_written(
    songs: list[Path], tmp_path: Path, mode: str
) -> None:
    report = make_master(songs, tmp_path / "m")
    blob = tmp_path / "m" / BLOBS / f"{report.file.tracks[1].sha256}.pcm"
    data = bytearray(blob.read_bytes())
    data[12345] ^= 1
    blob.write_bytes(data)
    drive = blank()
    with pytest.raises(redbook.AudioError, match="damaged"):
        redbook.burn(tmp_path / "m", drive, mode=mode)
    assert redbook.disc_info(drive).disc.status.name == "BLANK"
    with pytest.raises(redbook.AudioError, match="track 2 is damaged"):
        check_master(tmp_path / "m")
    blob.write_bytes(data[:-SECTOR])
    with pytest.raises(redbook.SheetError, match=r"has .* bytes"):
        redbook.burn(tmp_path / "m", drive, mode=mode)
    blob.unlink()
    with pytest.raises(redbook.SheetError, match="track 2 is missing"):
        redbook.plan(tmp_path / "m", drive)


def test_audio_that_changes_after_it_was_checked_does_not_make_its_disc_right(tmp_path: Path) -> None:
    """A master's files are not ours alone: what is on the disc has to be what they were when it was made."""
    song = write_wav(tmp_path / "long.wav", noise(588 * 5000))  # longer than the read-ahead
    folder = make_master(song, tmp_path / "m").folder
    (blob,) = folder.rglob("*.pcm")

    def damage(point: redbook.Point) -> None:
        if point is redbook.Point.WRITE:
            with blob.open("r+b") as file:
                file.seek(4900 * SECTOR + 1000)
                file.write(bytes(4))

    with pytest.raises(redbook.VerificationFailed, match=r"(?s)track 1 differs.* has changed") as caught:
        redbook.burn(folder, blank(), commit=damage)
    assert isinstance(caught.value.report, redbook.BurnReport)


def test_damaged_flac_is_found_too(songs: list[Path], tmp_path: Path) -> None:
    report = make_master(songs, tmp_path / "m", flac=True)
    other = make_master(songs[1:], tmp_path / "n", flac=True)
    blobs = tmp_path / "m" / BLOBS
    wrong = tmp_path / "n" / BLOBS / f"{other.file.tracks[1].sha256}.flac"
    (blobs / f"{report.file.tracks[1].sha256}.flac").write_bytes(wrong.read_bytes())
    with pytest.raises(redbook.AudioError, match="track 2 is damaged"):
        check_master(tmp_path / "m")
    with pytest.raises(redbook.RedbookError):
        unpack(tmp_path / "m")
    with pytest.raises(redbook.RedbookError):
        redbook.burn(tmp_path / "m", blank())


def test_flac_that_states_another_md5_is_found_before_a_burn_refuses_it(
    songs: list[Path], tmp_path: Path
) -> None:
    report = make_master(songs, tmp_path / "m", flac=True)
    blob = tmp_path / "m" / BLOBS / f"{report.file.tracks[0].sha256}.flac"
    data = bytearray(blob.read_bytes())
    data[30] ^= 1  # of STREAMINFO's MD5 (RFC 9639 8.2): the audio itself is whole
    blob.write_bytes(data)
    with pytest.raises(redbook.AudioError, match="MD5"):
        check_master(tmp_path / "m")


def test_flac_is_unpacked_once_for_all_drives(songs: list[Path], tmp_path: Path) -> None:
    report = make_master(songs, tmp_path / "m", flac=True)
    unpack(tmp_path / "m")
    unpack(tmp_path / "m")
    for track in report.file.tracks:
        blob = tmp_path / "m" / BLOBS / f"{track.sha256}.pcm"
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == track.sha256
    assert redbook.burn(tmp_path / "m", blank()).verified


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value | {"format": "other"},
        lambda value: value | {"version": 2},
        lambda value: value | {"mode": "raw"},
        lambda value: value | {"tracks": []},
        lambda value: value | {"lead_out": value["lead_out"] + 1},
        lambda value: value | {"cd_text": "0x"},
        lambda value: value | {"tracks": [value["tracks"][0] | {"sha256": "../../etc/passwd"}]},
        lambda value: value | {"tracks": [value["tracks"][0] | {"start": "0"}]},
        lambda value: value | {"tracks": [value["tracks"][0] | {"pregap": 0}]},
    ],
)
def test_a_master_json_that_cannot_be_is_refused_in_words(
    songs: list[Path], tmp_path: Path, change: object
) -> None:
    make_master(songs[0], tmp_path / "m")
    path = tmp_path / "m" / MASTER_FILE
    value = change(json.loads(path.read_bytes()))  # type: ignore[operator]
    path.write_text(json.dumps(value, sort_keys=True, separators=(",", ":")))
    with pytest.raises(redbook.SheetError, match=r"master\.json is damaged"):
        read_master_file(tmp_path / "m")


def test_one_that_was_edited_is_refused(songs: list[Path], tmp_path: Path) -> None:
    make_master(songs[0], tmp_path / "m")
    path = tmp_path / "m" / MASTER_FILE
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(redbook.SheetError, match="was changed"):
        redbook.plan(tmp_path / "m", blank())


def test_loudness_is_a_matter_of_its_making(songs: list[Path], tmp_path: Path) -> None:
    quiet = redbook.Wishes(loudness=Loudness.ALBUM, target_lufs=-30.0)
    report = make_master(songs, tmp_path / "quiet", wishes=quiet)
    assert report.file.tracks[0].sha256 != make_master(songs, tmp_path / "m").file.tracks[0].sha256
    drive = blank()
    with pytest.raises(redbook.PlanError, match="as it is"):
        redbook.plan(tmp_path / "m", drive, wishes=quiet)
    assert redbook.burn(tmp_path / "quiet", drive).verified
    assert redbook.verify(songs, drive, wishes=quiet).same


def test_what_cannot_be_a_disc_leaves_no_master(songs: list[Path], tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", noise(588 * 20, 1))
    with pytest.raises(redbook.PlanError, match="4 s"):
        make_master([short, songs[0]], tmp_path / "m")
    assert not (tmp_path / "m").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(redbook.PlanError, match="already exists"):
        make_master(songs, tmp_path / "full")


def test_the_value_knows_its_bytes_both_ways(sheet: Path, tmp_path: Path) -> None:
    made = make_master(sheet, tmp_path / "m").file
    assert MasterFile.from_bytes(made.to_bytes()) == made


def test_the_commands_make_check_and_burn_one(songs: list[Path], tmp_path: Path) -> None:
    def run(*args: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "redbook", *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    made = run("master", "make", *songs, "-o", "a master", "--json")
    assert made.returncode == 0, made.stderr
    shape = json.loads(made.stdout.splitlines()[-1])
    assert shape["event"] == "master" and len(shape["tracks"]) == 3
    checked = run("master", "check", "a master")
    assert checked.returncode == 0 and shape["name"] in checked.stdout
    burned = run("burn", "a master", "--drive", "virtual:x.disc")
    assert burned.returncode == 0, burned.stderr
    next((tmp_path / "a master" / BLOBS).iterdir()).write_bytes(b"")
    assert run("master", "check", "a master").returncode == 3
