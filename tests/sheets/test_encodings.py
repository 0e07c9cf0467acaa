"""In which encoding a sheet is read, and what is said of it."""

from __future__ import annotations

import pytest

from redbook.disc.cd_text import PackType
from tests.support.sheets import Desk, notes, refused, text

FRAME = 'TITLE "{0}"\nFILE "{2}" WAVE\nTRACK 01 AUDIO\nTITLE "{1}"\nINDEX 01 00:00:00\n'

SONGS = {
    "cp1252": ("Sinéad O’Connor – Möwen", "Señor, el niño está aquí"),
    "cp1251": ("Кино", "Группа крови на рукаве"),
    "koi8_r": ("Аквариум", "Город золотой"),
    "cp932": ("椎名林檎", "丸ノ内サディスティック"),
    "gbk": ("周杰伦", "青花瓷与千里之外"),
    "big5": ("鄧麗君", "月亮代表我的心"),
    "euc_kr": ("김광석", "서른 즈음에"),
    "cp1250": ("Jaromír Nohavica", "Těšínská, Žďár, piąty łóżko źdźbło"),
}
"""Real names of artists and songs, where possible ones that only this encoding can be read as."""


def sheet(encoding: str, name: str = "one.wav") -> bytes:
    return FRAME.format(*SONGS[encoding], name).encode(encoding)


@pytest.mark.parametrize("encoding", SONGS)
def test_letters_alone_are_a_guess_that_is_told(desk: Desk, encoding: str) -> None:
    desk.put("one.wav")
    program = desk.read(sheet(encoding))
    assert (text(program, PackType.TITLE), text(program, PackType.TITLE, 1)) == SONGS[encoding]
    assert "guessed" in notes(program)
    assert "--cue-encoding" in notes(program)


@pytest.mark.parametrize("encoding", SONGS)
def test_the_name_of_a_file_proves_it(desk: Desk, encoding: str) -> None:
    name = SONGS[encoding][1] + ".wav"
    desk.put(name)
    program = desk.read(sheet(encoding, name))
    assert program.sources[0].path.name == name
    assert text(program, PackType.TITLE) == SONGS[encoding][0]
    assert "encoding" in notes(program)


def test_the_name_of_a_file_proves_it_against_the_letters(desk: Desk) -> None:
    """The bytes are good Russian; the file on disk says that they were meant as Western."""
    name = "Группа крови.wav".encode("cp1251").decode("cp1252")
    desk.put(name)
    program = desk.read(FRAME.format("Кино", "x", "Группа крови.wav").encode("cp1251"))
    assert program.sources[0].path.name == name
    assert text(program, PackType.TITLE) == "Êèíî"
    assert "Windows-1252" in notes(program)
    assert "guessed" not in notes(program)


def test_another_ending_proves_it_too(desk: Desk) -> None:
    desk.put("Группа.flac")
    program = desk.read(FRAME.format("Кино", "x", "Группа.wav").encode("cp1251"))
    assert text(program, PackType.TITLE) == "Кино"
    assert "guessed" not in notes(program)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_told_by_its_bytes(desk: Desk, encoding: str) -> None:
    desk.put("one.wav")
    data = FRAME.format("Ünïcode", "日本", "one.wav").encode(encoding)
    program = desk.read(data)
    assert (text(program, PackType.TITLE), text(program, PackType.TITLE, 1)) == ("Ünïcode", "日本")
    assert bool(program.notes) == (encoding in ("utf-16-le", "utf-16-be"))  # no mark: it had to be decided


def test_utf_16_big_endian_with_a_mark(desk: Desk) -> None:
    desk.put("one.wav")
    program = desk.read(b"\xfe\xff" + FRAME.format("Ü", "日", "one.wav").encode("utf-16-be"))
    assert text(program, PackType.TITLE, 1) == "日"
    assert not program.notes


def test_plain_ascii_is_no_decision(desk: Desk) -> None:
    desk.put("one.wav")
    assert not desk.read(FRAME.format("a", "b", "one.wav")).notes


def test_a_broken_place_in_utf_8_spoils_nothing_else(desk: Desk) -> None:
    desk.put("one.wav")
    data = FRAME.format("Ünïcödé ünd Ümlaüte", "Größe", "one.wav").encode() + b"PERFORMER caf\xe9\n"
    program = desk.read(data)
    assert text(program, PackType.TITLE, 1) == "Größe"
    assert "UTF-8" in notes(program)


def test_a_mark_of_utf_8_before_something_else(desk: Desk) -> None:
    desk.put("one.wav")
    program = desk.read(b"\xef\xbb\xbf" + sheet("cp1251"))
    assert text(program, PackType.TITLE, 1) == SONGS["cp1251"][1]
    assert "UTF-8" in notes(program)


def test_a_second_mark_means_nothing(desk: Desk) -> None:
    desk.put("one.wav")
    program = desk.read(b"\xef\xbb\xbf" * 2 + FRAME.format("é", "b", "one.wav").encode())
    assert text(program, PackType.TITLE) == "é"
    assert not program.notes


def test_the_encoding_asked_for_is_taken(desk: Desk) -> None:
    desk.put("one.wav")
    program = desk.read(sheet("cp1251"), encoding="koi8-r")
    assert text(program, PackType.TITLE) == "Кино".encode("cp1251").decode("koi8-r")
    assert not program.notes


def test_what_the_encoding_asked_for_cannot_read_is_told(desk: Desk) -> None:
    desk.put("one.wav")
    assert "2 places" in notes(
        desk.read(FRAME.format("é", "ü", "one.wav").encode("cp1252"), encoding="utf-8")
    )


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "a\0b"])
def test_an_encoding_that_there_is_not_is_refused(desk: Desk, encoding: str) -> None:
    desk.put("one.wav")
    with refused("--cue-encoding"):
        desk.read(sheet("cp1251"), encoding=encoding)


def test_nothing_is_refused_for_its_encoding_alone(desk: Desk) -> None:
    """81h is nothing in Windows-1252, FFh nothing in Shift-JIS, and a blank behind 81h is no second byte."""
    desk.put("one.wav")
    data = FRAME.format("x", "y", "one.wav").encode() + b"TITLE \x81 \x98 \xff \x81\n"
    assert desk.read(data).tracks


def test_of_those_that_the_names_allow_one_is_guessed_and_no_other(desk: Desk) -> None:
    """The titles look Russian, but in that reading the file is not there; in two Western ones it is."""
    desk.put("é.wav")
    program = desk.read(FRAME.format("Кино", "Группа крови", "й.wav").encode("cp1251"))
    assert program.sources[0].path.name == "é.wav"
    assert text(program, PackType.TITLE) == "Кино".encode("cp1251").decode("cp1252")
    assert "guessed" in notes(program)


def test_kana_alone_are_japanese(desk: Desk) -> None:
    desk.put("one.wav")
    program = desk.read(FRAME.format("スピッツ", "ロビンソン", "one.wav").encode("cp932"))
    assert (text(program, PackType.TITLE), text(program, PackType.TITLE, 1)) == ("スピッツ", "ロビンソン")
