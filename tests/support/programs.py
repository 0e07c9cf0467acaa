"""Random programs, for what has to hold of every one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import assume
from hypothesis import strategies as st

from redbook.audio.source import Source
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc.cd_text import PackType, Texts

S = 588
SECONDS_4 = 300 * S

NAMES = ("a.wav", "b b.flac", 'c "é" ß.wav', "sub/d\\e.mp3", "日本 'f'.ogg", "g.raw", "h.bin")
RAW = {"g.raw": "big", "h.bin": "little"}

_lengths = st.integers(SECONDS_4 * 2, SECONDS_4 * 6) | st.integers(600, 1800).map(lambda n: n * S)
_letters = st.characters(codec="latin-1", exclude_categories=("Cc",), exclude_characters="\xa0\xad")
_words = st.text(_letters, min_size=1, max_size=20).map(lambda text: " ".join(text.split()))
_FIELDS = (
    *(PackType.TITLE, PackType.PERFORMER, PackType.SONGWRITER, PackType.COMPOSER, PackType.ARRANGER),
    PackType.MESSAGE,
)
_isrcs = st.just("") | st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{6}[1-9]", fullmatch=True)


def sources(folder: Path) -> tuple[Source, ...]:
    return tuple(Source(name, folder / name, RAW.get(name, "")) for name in NAMES)


def used_only(program: Program, lengths: Sequence[int]) -> tuple[Program, list[int]]:
    """Without the sources that nothing is taken of."""
    places = dict.fromkeys(
        piece.source for track in program.tracks for piece in track.pieces if piece.source is not None
    )
    new = {old: place for place, old in enumerate(places)}

    def moved(piece: Piece) -> Piece:
        return piece if piece.source is None else Piece(new[piece.source], piece.first, piece.samples)

    tracks = tuple(
        ProgramTrack(
            tuple(Segment(s.index, tuple(map(moved, s.pieces)), s.line) for s in track.segments),
            **{name: getattr(track, name) for name in track.__slots__ if name != "segments"},
        )
        for track in program.tracks
    )
    found = tuple(program.sources[old] for old in places)
    return Program(found, tracks, program.mcn, program.texts), [lengths[old] for old in places]


@st.composite
def texts(draw: st.DrawFn, tracks: int, words: st.SearchStrategy[str] = _words, code: int = 9) -> Texts:
    """One language; empty texts are left out."""
    found = {}
    for kind in draw(st.lists(st.sampled_from(_FIELDS), unique=True)):
        said = draw(st.dictionaries(st.integers(0, tracks), words, max_size=tracks + 1))
        if said := {track: text for track, text in said.items() if text.strip()}:
            found[kind] = said
    return Texts(code, found)


@st.composite
def programs(draw: st.DrawFn, folder: Path) -> tuple[Program, list[int]]:
    """Anything that can be laid out, as TOC files and masters have it, and how long the sources are."""
    lengths = [draw(_lengths) for _ in NAMES]

    def audio(at_least: int) -> Piece:
        source = draw(st.integers(0, len(NAMES) - 1))
        most = lengths[source] - at_least
        first = draw(st.just(0) | st.integers(0, most))
        to_the_end = draw(st.booleans())
        samples = None if to_the_end else draw(st.integers(at_least, lengths[source] - first))
        return Piece(source, first, samples)

    def silence() -> Piece:
        return Piece.silence(draw(st.integers(1, 400).map(lambda n: n * S) | st.integers(1, 5000)))

    tracks = []
    for _ in range(draw(st.integers(1, 4))):
        segments = []
        pregap = draw(st.sampled_from(("none", "silence", "audio", "both")))
        if pregap != "none":
            pieces = [silence()] if pregap == "silence" else [audio(S)]
            segments.append(Segment(0, tuple(pieces + [silence()] * (pregap == "both"))))
        body = [audio(SECONDS_4)]
        if draw(st.booleans()):
            body += draw(st.sampled_from(([silence()], [silence(), audio(S)], [audio(S)])))
        segments.append(Segment(1, tuple(body)))
        segments += [Segment(2 + n, (audio(2 * S),)) for n in range(draw(st.integers(0, 2)))]
        tracks.append(
            ProgramTrack(
                tuple(segments),
                joined=draw(st.booleans()),
                isrc=draw(_isrcs),
                pre_emphasis=draw(st.booleans()),
                copy_permitted=draw(st.booleans()),
                four_channels=draw(st.booleans()),
            )
        )
    mcn = draw(st.sampled_from(("", "4006381333931")))
    languages = [draw(texts(len(tracks), code=code)) for code in draw(st.sampled_from(((), (9,), (9, 8))))]
    said = tuple(entry for entry in languages if not entry.is_empty)
    assume(any(piece.source is not None for track in tracks for piece in track.pieces))
    return used_only(Program(sources(folder), tuple(tracks), mcn, said), lengths)


@st.composite
def albums(draw: st.DrawFn, folder: Path) -> tuple[Program, list[int]]:
    """Whole files in a row, cut anywhere, with pauses where a file ends: what a cue sheet can say."""
    lengths = [draw(_lengths) for _ in NAMES]
    order = draw(st.permutations(range(len(NAMES))))[: draw(st.integers(1, 5))]
    left = [Piece(source, 0, lengths[source]) for source in order]

    def take(at_least: int) -> list[Piece]:
        """At least so much, up to a file's end or to anywhere in it."""
        taken: list[Piece] = []
        while left and sum(piece.samples or 0 for piece in taken) < at_least:
            piece = left.pop(0)
            have = piece.samples or 0
            wanted = at_least - sum(one.samples or 0 for one in taken)
            if wanted + SECONDS_4 < have and draw(st.booleans()):
                cut = draw(st.integers(wanted, have - SECONDS_4))
                taken.append(Piece(piece.source, piece.first, cut))
                left.insert(0, Piece(piece.source, piece.first + cut, have - cut))
            else:
                taken.append(piece)
        return taken

    def pause() -> list[Piece]:
        at_an_end = not left or not left[0].first
        return [Piece.silence(draw(st.integers(1, 300)) * S)] if at_an_end and draw(st.booleans()) else []

    tracks: list[ProgramTrack] = []
    while left:
        segments = []
        before = pause() + (take(S) if draw(st.integers(0, 3)) == 0 else [])
        if before:
            segments.append(Segment(0, tuple(before + (pause() if not before[0].is_silence else []))))
        if not left:  # the last file was taken for the pregap
            assume(tracks)
            end = tracks[-1].segments[-1]
            pieces = (*end.pieces, *(piece for one in segments for piece in one.pieces))
            more = Segment(end.index, tuple(piece for piece in pieces if not piece.is_silence))
            tracks[-1] = replace(tracks[-1], segments=(*tracks[-1].segments[:-1], more))
            break
        segments.append(Segment(1, tuple(take(SECONDS_4))))
        while left and draw(st.integers(0, 3)) == 0:
            segments.append(Segment(len(segments) + 1 - bool(before), tuple(take(2 * S))))
        if behind := pause():
            segments[-1] = Segment(segments[-1].index, (*segments[-1].pieces, *behind))
        flags = [draw(st.booleans()) for _ in range(4)]
        tracks.append(ProgramTrack(tuple(segments), True, draw(_isrcs), *flags))
    assume(tracks)
    said = draw(texts(len(tracks)))
    mcn = draw(st.sampled_from(("", "4006381333931")))
    program = Program(sources(folder), tuple(tracks), mcn, () if said.is_empty else (said,))
    return used_only(program, lengths)
