"""What may be named: files of any name, playlists, folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook.audio.sectors import Spool, prepare
from redbook.audio.source import Source, expand, natural_key
from redbook.errors import AudioError
from tests.support.sound import encode, noise, write_wav

STRANGE = [
    "with space.wav",
    "'quotes' and \"more\".wav",
    "new\nline.wav",
    "tab\tand\\backslash.wav",
    "日本語 и русский.wav",
    "a:b.wav",
    "http:x.wav",
    "%s 100%.wav",
    "-leading.wav",
    "*?[x].wav",
    b"latin-\xe9.wav".decode("utf-8", "surrogateescape"),
    "#1.wav",
    "e\u0301.wav",
]


@pytest.mark.parametrize("name", STRANGE)
def test_a_file_of_any_name_is_read(name: str, tmp_path: Path) -> None:
    write_wav(tmp_path / "plain.wav", noise(1000)).rename(tmp_path / name)
    with Spool(keep=False) as spool:
        (track,) = prepare(expand([name]).sources, spool)
    assert track.samples == 1000
    assert track.source == name


def names(*given: str | Path) -> list[str]:
    return [source.path.name for source in expand([str(g) for g in given]).sources]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "my album"
    folder.mkdir()
    for name in ("10 ten.wav", "2 two.wav", "1 one.wav"):
        write_wav(folder / name, noise(1000))
    return folder


def test_a_folder_is_in_natural_order(album: Path) -> None:
    assert names(album) == ["1 one.wav", "2 two.wav", "10 ten.wav"]


def test_what_is_no_audio_in_a_folder_is_said(album: Path) -> None:
    (album / "cover.jpg").write_bytes(b"x")
    (album / ".hidden.wav").write_bytes(b"x")
    assert expand([str(album)]).notes == [f"{album}: skipped (not sound files): cover.jpg"]
    (album / "album.cue").write_text("REM")
    assert expand([str(album)]).notes[0] == (f"{album}: skipped (sheets; name one to burn it): album.cue")


@pytest.mark.tools("ffmpeg")
def test_tags_order_a_folder(album: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tagged"
    folder.mkdir()
    source = album / "1 one.wav"
    for name, disc, track in (("a", 2, 1), ("b", 1, 2), ("c", 1, 10), ("d", 1, 1)):
        tags = ("-metadata", f"disc={disc}", "-metadata", f"track={track}/10")
        encode(source, folder / f"{name}.flac", *tags)
    assert names(folder) == ["d.flac", "b.flac", "c.flac", "a.flac"]


@pytest.mark.tools("ffmpeg")
def test_tags_that_do_not_tell_leave_the_order_of_names(album: Path, tmp_path: Path) -> None:
    folder = tmp_path / "twice"
    folder.mkdir()
    for name in ("a", "b"):
        encode(album / "1 one.wav", folder / f"{name}.flac", "-metadata", "track=1")
    expansion = expand([str(folder)])
    assert [s.path.name for s in expansion.sources] == ["a.flac", "b.flac"]
    assert "in the order of their names" in expansion.notes[0]


def test_subfolders_come_in_their_order(album: Path, tmp_path: Path) -> None:
    for number in (10, 9):
        folder = tmp_path / "set" / f"CD{number}"
        folder.mkdir(parents=True)
        write_wav(folder / f"{number}.wav", noise(1000))
    assert names(tmp_path / "set") == ["9.wav", "10.wav"]


@given(st.permutations(["1", "a 2", "A 10", "a 9", "b", "10", "9"]))
def test_numbers_in_names_count_as_numbers(texts: list[str]) -> None:
    assert sorted(texts, key=natural_key) == ["1", "9", "10", "a 2", "a 9", "A 10", "b"]


PLAYLISTS = {
    "list.m3u": b"#EXTM3U\r\n#EXTINF:1,One\r\n1 one.wav\r\n\r\n2 two.wav\r\n",
    "list.m3u8": b"\xef\xbb\xbf#EXTM3U\n1 one.wav\n2 two.wav\n",
    "utf16.m3u8": "#EXTM3U\r\n1 one.wav\r\n2 two.wav\r\n".encode("utf-16"),
    "spaces.m3u": b"  1 one.wav  \n   # a comment\n2 two.wav",
    "list.pls": b"[playlist]\nNumberOfEntries=2\nFile2=2 two.wav\nTitle1=One\nFile1=1 one.wav\nVersion=2\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_stands_for_its_files(name: str, album: Path) -> None:
    (album / name).write_bytes(PLAYLISTS[name])
    assert names(album / name) == ["1 one.wav", "2 two.wav"]


def test_playlists_of_old_windows_programs(album: Path) -> None:
    sub = album / "süb"
    sub.mkdir()
    write_wav(sub / "é.wav", noise(1000))
    (album / "old.m3u").write_bytes("süb\\é.wav\r\n".encode("cp1252"))
    assert names(album / "old.m3u") == ["é.wav"]


def test_file_urls_and_absolute_paths_in_a_playlist(album: Path) -> None:
    url = (album / "1 one.wav").as_uri()
    (album / "urls.m3u").write_text(f"{url}\n{album / '2 two.wav'}\n")
    assert names(album / "urls.m3u") == ["1 one.wav", "2 two.wav"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 one.wav\nmissing.wav\n", r"line 2: .*no such file"),
        ("http://example.org/a.mp3\n", "line 1: .*not on this machine"),
        ("# nothing\n", "names no file"),
        ("list.m3u\n", "another playlist"),
        (".\n", "folder"),
    ],
)
def test_a_playlist_that_leads_nowhere_is_refused(text: str, reason: str, album: Path) -> None:
    (album / "list.m3u").write_text(text)
    with pytest.raises(AudioError, match=reason):
        expand([str(album / "list.m3u")])


def test_a_playlist_in_the_bytes_of_the_file_system(album: Path) -> None:
    write_wav(album / "x.wav", noise(1000)).rename(album / os.fsdecode(b"caf\xe9.wav"))
    (album / "list.m3u").write_bytes(b"caf\xe9.wav\n")
    assert names(album / "list.m3u") == [os.fsdecode(b"caf\xe9.wav")]


def test_a_subfolder_closed_to_us_is_not_passed_over(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: object) -> object:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.scandir", scandir)
    with pytest.raises(AudioError, match="Permission denied"):
        expand([str(album)])


def test_something_else_named_pls_is_refused(album: Path) -> None:
    (album / "list.pls").write_text("nothing of the kind")
    with pytest.raises(AudioError, match="not a PLS playlist"):
        expand([str(album / "list.pls")])


def test_a_real_file_named_like_a_prefix_is_that_file(tmp_path: Path) -> None:
    write_wav(tmp_path / "raw:x.wav", noise(1000))
    assert expand(["raw:x.wav"]).sources == [Source("raw:x.wav", Path("raw:x.wav"))]


def test_escaped_names_in_an_m3u(album: Path) -> None:
    """VLC writes relative names so; a file that is really called that comes first."""
    (album / "vlc.m3u").write_text("1%20one.wav\n2 two.wav\n")
    assert names(album / "vlc.m3u") == ["1 one.wav", "2 two.wav"]
    write_wav(album / "1%20one.wav", noise(1000))
    assert names(album / "vlc.m3u") == ["1%20one.wav", "2 two.wav"]


def test_a_song_whose_name_begins_like_a_comment(album: Path) -> None:
    write_wav(album / "#1 Crush.wav", noise(1000))
    (album / "list.m3u").write_text("#EXTM3U\n#1 Crush.wav\n# a comment\n#2 Gone.wav\n2 two.wav\n")
    expansion = expand([str(album / "list.m3u")])
    assert [s.path.name for s in expansion.sources] == ["#1 Crush.wav", "2 two.wav"]
    assert expansion.notes == [f"{album / 'list.m3u'}, line 4 is taken as a comment: #2 Gone.wav"]


XSPF = '<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>{}</trackList></playlist>'


def test_xspf_is_read(album: Path) -> None:
    places = ["1%20one.wav", (album / "2 two.wav").as_uri()]
    tracks = "".join(f"<track><location>{place}</location><title>x</title></track>" for place in places)
    (album / "list.xspf").write_text(XSPF.format(tracks))
    assert names(album / "list.xspf") == ["1 one.wav", "2 two.wav"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (XSPF.format("<track><location>gone.wav</location></track>"), "track 1: .*no such file"),
        (XSPF.format("<track><location>http://example.org/a</location></track>"), "track 1: .*not on this"),
        (XSPF.format("<track><title>x</title></track>"), "track 1 has no location"),
        (XSPF.format(""), "names no file"),
        ("<playlist>", "not an XSPF"),
        ("<html></html>", "not an XSPF"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><playlist/>', "entities"),
    ],
)
def test_xspf_that_leads_nowhere_is_refused(text: str, reason: str, album: Path) -> None:
    (album / "list.xspf").write_text(text)
    with pytest.raises(AudioError, match=reason):
        expand([str(album / "list.xspf")])


@pytest.mark.parametrize("suffix", ["wpl", "asx", "cue", "b4s"])
def test_lists_that_are_not_read_are_called_what_they_are(suffix: str, album: Path) -> None:
    (album / f"list.{suffix}").write_text("<x/>")
    with pytest.raises(AudioError, match=r"(playlist|cue sheet).*(M3U|name its files)"):
        expand([str(album / f"list.{suffix}")])


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("-", "save it to a file"),
        ("http://example.org/a.mp3", "download it first"),
        ("https://example.org/list.m3u", "download it first"),
        ("file:///music/a%20b.wav", "by its path: /music/a b.wav"),
        ("file:///music/list.m3u", "by its path: /music/list.m3u"),
    ],
)
def test_what_is_no_file_is_answered_with_what_to_do(name: str, what: str) -> None:
    with pytest.raises(AudioError, match=what):
        expand([name])


def test_the_same_songs_twice_in_a_folder_are_noticed(album: Path) -> None:
    (album / "1 one.flac").write_bytes(b"x")
    (note,) = expand([str(album)]).notes
    assert "1 one.flac and 1 one.wav" in note
    assert "all of them are used" in note


def test_a_link_that_leads_nowhere_is_no_silence(album: Path) -> None:
    (album / "3 three.wav").symlink_to(album / "gone.wav")
    with pytest.raises(AudioError, match=r"3 three\.wav: a link to a file that does not exist"):
        expand([str(album)])


def test_a_pipe_among_the_tracks_is_an_error(album: Path) -> None:
    os.mkfifo(album / "3 three.wav")
    with pytest.raises(AudioError, match=r"3 three\.wav: not a regular file, so it cannot be read twice"):
        expand([str(album)])


def test_what_is_left_out_has_its_own_reason(album: Path) -> None:
    (album / "clip.mkv").write_bytes(b"x")
    (album / "song").write_bytes(b"fLaC")
    (album / "dump.pcm").write_bytes(b"x")
    (album / "list.m3u").write_text("1 one.wav")
    said = "\n".join(expand([str(album)]).notes)
    assert "videos; name one to burn its sound): clip.mkv" in said
    assert "not named like sound files, although they begin like them; name them to burn them): song" in said
    assert "PCM as raw:PATH): dump.pcm" in said
    assert "not sound files): list.m3u" in said


@pytest.mark.tools("ffmpeg")
@pytest.mark.parametrize("suffix", sorted({"wav", "voc", "m4r", "amr", "spx", "mka", "mp2", "weba", "ac3"}))
def test_what_is_read_when_named_is_taken_from_a_folder(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    write_wav(tmp_path / f"set/a.{suffix}", noise(1000))
    assert names(tmp_path / "set") == [f"a.{suffix}"]


def test_a_link_to_a_folder_that_is_there_already_gives_nothing_twice(album: Path, tmp_path: Path) -> None:
    box = tmp_path / "box"
    (box / "b disc").mkdir(parents=True)
    write_wav(box / "b disc" / "1.wav", noise(3_000))
    (box / "a link").symlink_to("b disc")
    (box / "b disc" / "loop").symlink_to("..")
    (box / "other").symlink_to(album)
    expansion = expand([str(box)])
    inside = [str(source.path.relative_to(box)) for source in expansion.sources]
    assert inside == ["b disc/1.wav", *(f"other/{name}" for name in names(album))]
    assert expansion.notes == [
        f"{box}: read only once, because they are the same folder: a link, b disc/loop"
    ]
