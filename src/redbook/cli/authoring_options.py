"""Options that say what the disc should be: how it is written, joins, pauses, texts, codes, sheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

TEXTS = ("title", "performer", "songwriter", "composer", "arranger", "message")
LOUDNESS = ("off", "album", "track")
MODES = ("auto", "sao", "tao")
_SHEET = ("cue_encoding", "strict", "keep_mcn", "match_files", "audio_only", "keep_going")


class PauseType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """Seconds, with a fraction."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(str(value).removesuffix("s"))
        except ValueError:
            self.fail(f"{value!r} is not a number of seconds; use one such as 2 or 1.5", param, ctx)
        if not 0 <= seconds <= 60:
            self.fail(
                f"a pause must be 0 to 60 seconds, not {value}; write a longer one in a sheet", param, ctx
            )
        return seconds


def mode_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--mode",
        type=click.Choice(MODES),
        default="auto",
        show_default=True,
        help="How the disc is written: sao, session-at-once: gapless and exact, with titles, in one go; tao, "
        "track-at-once: two seconds of silence between tracks, no titles. auto is sao for a blank disc that "
        "will be closed, else tao.",
    )(command)


def authoring_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command is given `authoring`: these options as keyword arguments of `wishes_of`."""
    options = [
        click.option(
            "--join",
            type=click.Choice(("auto", "join", "pad")),
            default="auto",
            show_default=True,
            help="How a file follows the one before: join, with the very next sample; pad, at a whole "
            "sector, with up to 13 ms of silence before; auto joins the files of one album.",
        ),
        click.option(
            "--pause",
            type=PauseType(),
            metavar="SECONDS",
            help="Silence before every track but the first. It is added to the pauses of a sheet.",
        ),
        click.option(
            "--pad-short-tracks",
            is_flag=True,
            help="Pad tracks shorter than 4 s with silence, even between other tracks.",
        ),
        click.option(
            "--cd-text",
            type=click.Choice(("auto", "require", "none")),
            default="auto",
            show_default=True,
            help="Titles on the disc (CD-Text): auto writes what is known; require refuses to burn without "
            "titles; none leaves them out.",
        ),
        *(
            click.option(f"--{name}", metavar="TEXT", help=f"The {name} of the disc, for CD-Text.")
            for name in TEXTS
        ),
        click.option(
            "--cd-text-file",
            metavar="FILE",
            type=click.Path(),
            help="Titles from a file of CD-Text packs (.cdt), or from a Sony text sheet (.v07t).",
        ),
        click.option(
            "--cd-text-transliterate",
            is_flag=True,
            help="Write Cyrillic and Greek titles in Latin letters.",
        ),
        click.option("--mcn", metavar="DIGITS", help="The catalogue number (UPC or EAN) of the disc."),
        click.option("--without-codes", is_flag=True, help="Write no ISRC and no catalogue number."),
        click.option(
            "--strict", is_flag=True, help="Treat every note about a sheet or its texts as an error."
        ),
        click.option("--cue-encoding", metavar="NAME", help="The encoding of a sheet, such as cp1251."),
        click.option(
            "--keep-mcn",
            is_flag=True,
            help="Keep a sheet's catalogue number even if its check digit is wrong.",
        ),
        click.option(
            "--match-files",
            is_flag=True,
            help="Match a sheet's missing files by the numbers in their names, and by their order.",
        ),
        click.option("--audio-only", is_flag=True, help="Leave out a sheet's data tracks."),
        click.option(
            "--keep-going",
            is_flag=True,
            help="If a DDP set or CD-Text is damaged or contradicts itself, use what can be read, and name "
            "what is missing.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


class TargetType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """Integrated loudness in LUFS."""

    name = "lufs"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from redbook.authoring.wishes import HIGHEST_TARGET_LUFS, LOWEST_TARGET_LUFS

        try:
            target = float(str(value).lower().removesuffix("lufs"))
        except ValueError:
            self.fail(f"{value!r} is not a loudness; use a number such as -16", param, ctx)
        if not LOWEST_TARGET_LUFS <= target <= HIGHEST_TARGET_LUFS:
            most = f"between {LOWEST_TARGET_LUFS:g} and {HIGHEST_TARGET_LUFS:g} LUFS"
            self.fail(f"the target loudness must be {most}, not {value}", param, ctx)
        return target


def loudness_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """For commands that have `authoring_options`, too, and read the audio."""
    options = [
        click.option(
            "--loudness",
            type=click.Choice(LOUDNESS),
            default="off",
            show_default=True,
            help="Bring tracks to the same loudness: track, each on its own, except joined tracks, which "
            "keep their balance; album, all by the same gain. True peaks stay at or below -1 dBTP. off burns "
            "every sample as it is.",
        ),
        click.option(
            "--loudness-target",
            type=TargetType(),
            metavar="LUFS",
            help="The target loudness (ITU-R BS.1770), -18 by default. Discs are often at -14 to -16.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def split_off(given: dict[str, Any]) -> dict[str, Any]:
    """Takes these options out of a command's arguments, as `wishes` and `sheet` for the Python API.

    raises  click.BadParameter  for an invalid catalogue number
    """
    from redbook.authoring.wishes import DEFAULT_TARGET_LUFS, CdText, Join, Loudness, Wishes
    from redbook.sheets import SheetOptions
    from redbook.sheets.codes import read_mcn

    texts = {name: text for name in TEXTS if (text := given.pop(name)) is not None}
    mcn, keep = given.pop("mcn"), given["keep_mcn"]
    if mcn is not None:
        mcn, trouble = read_mcn(mcn, keep, who="")
        if trouble and not mcn:
            raise click.BadParameter(trouble, param_hint="--mcn")
    loudness, target = Loudness(given.pop("loudness", "off")), given.pop("loudness_target", None)
    if target is not None and loudness is Loudness.OFF:
        raise click.UsageError("--loudness-target needs --loudness album or --loudness track")
    wishes = Wishes(
        join=Join(given.pop("join")),
        pause_seconds=given.pop("pause"),
        pad_short_tracks=given.pop("pad_short_tracks"),
        cd_text=CdText(given.pop("cd_text")),
        texts=texts,
        texts_file=given.pop("cd_text_file"),
        mcn=mcn,
        with_codes=not given.pop("without_codes"),
        transliterate=given.pop("cd_text_transliterate"),
        strict=given["strict"],
        keep_going=given["keep_going"],
        loudness=loudness,
        target_lufs=DEFAULT_TARGET_LUFS if target is None else target,
    )
    encoding, strict, keep_mcn, match_files, audio_only, keep_going = (given.pop(name) for name in _SHEET)
    sheet = SheetOptions(encoding or "", strict, keep_mcn, match_files, audio_only, keep_going)
    return {"wishes": wishes, "sheet": sheet}
