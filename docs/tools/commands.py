"""The command line as a page of the site and as a man page, from what `--help` says.

    python -m docs.tools.commands      writes .cache/redbook.1

Both are made whenever the site or a wheel is built, and kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from redbook._version import __version__
from redbook.cli.app import cli

MAN_PAGE = Path(__file__).parents[2] / ".cache/redbook.1"
_AT_ALL = {"-q", "-v", "-h", "--version"}
"""Options of each command; said once."""


def commands(command: click.Command = cli, above: click.Context | None = None) -> Iterator[click.Context]:
    """Every command that does something, in the order of their names."""
    context = _context(command, above)
    if not isinstance(command, click.Group):
        yield context
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from commands(below, context)


def _context(command: click.Command, above: click.Context | None = None) -> click.Context:
    name = command.name if above else "redbook"
    return click.Context(command, above, info_name=name, **command.context_settings)


def options(context: click.Context) -> list[tuple[str, str]]:
    """As it is written, and its help: those of this command alone."""
    return [
        record
        for parameter in context.command.params
        if not _AT_ALL & set(parameter.opts)
        for record in [parameter.get_help_record(context)]
        if record is not None
    ]


def for_all() -> list[tuple[str, str]]:
    """The options that each command has."""
    context = _context(cli)
    shared = [parameter for parameter in cli.get_params(context) if "--version" not in parameter.opts]
    return [record for parameter in shared if (record := parameter.get_help_record(context)) is not None]


def paragraphs(text: str | None) -> list[str]:
    """Of a help text; one that click would not wrap begins with a backspace."""
    parts = re.split(r"\n\s*\n", text.strip()) if text else []
    return [part if part.startswith("\b") else " ".join(part.split()) for part in parts]


def usage(context: click.Context) -> str:
    return " ".join([context.command_path, *context.command.collect_usage_pieces(context)])


# The site


def page() -> str:
    """commands.md."""
    lines = ["# Command line", "", *(f"{part}\n" for part in paragraphs(cli.help))]
    lines += ["## Options of every command", "", *_list(for_all())]
    lines += ["", "## Exit codes", "", "```", _exit_codes(), "```", ""]
    for context in commands():
        lines += [f"## {context.command_path}", "", "```", usage(context), "```", ""]
        for part in paragraphs(context.command.help):
            if part.startswith("\b"):
                lines += ["```", part.lstrip("\b\n"), "```", ""]
            else:
                lines += [_safe(part), ""]
        lines += [*_list(options(context)), ""]
    return "\n".join(lines)


def _list(records: list[tuple[str, str]]) -> list[str]:
    return [f"- `{written}`: {_safe(text)}" for written, text in records]


def _safe(text: str) -> str:
    """Nothing in it is markup but what stands in backquotes."""
    parts = text.split("`")
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"([\\*_<>\[\]|~#])", r"\\\1", parts[number])
    return "`".join(parts)


def _exit_codes() -> str:
    return (cli.epilog or "").lstrip("\b\n").removeprefix("Exit codes:\n")


def on_config(config: Any) -> Any:
    """Called by mkdocs: a page that nobody has put into the list of pages comes last in it."""
    folder = Path(config["docs_dir"])
    listed = str(config["nav"])
    pages = sorted(str(page.relative_to(folder)) for page in folder.rglob("*.md"))
    config["nav"][-1]["Explanations"] += [page for page in pages if f"'{page}'" not in listed]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Called by mkdocs."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "commands.md", content=page()))
    return files


# The man page


def man() -> str:
    """redbook(1), in the macros of man(7)."""
    lines = [f'.TH REDBOOK 1 "" "redbook {__version__}" "User Commands"', ".SH NAME"]
    lines += [r"redbook \- burn audio CDs, and check that they are right"]
    lines += [".SH SYNOPSIS", r".B redbook", r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR]..."]
    lines += [".SH DESCRIPTION"]
    for part in paragraphs(cli.help):
        lines += [".PP", _roff(part)]
    lines += [".SH OPTIONS", "Every command has these.", *_tagged(for_all())]
    lines += [".SH COMMANDS"]
    for context in commands():
        lines += [f".SS {_roff(usage(context))}"]
        for part in paragraphs(context.command.help):
            if part.startswith("\b"):
                lines += [".PP", ".nf", *(_roff(line) for line in part.lstrip("\b\n").split("\n")), ".fi"]
            else:
                lines += [".PP", _roff(part)]
        lines += _tagged(options(context))
    lines += [".SH EXIT STATUS", ".nf", *(_roff(line) for line in _exit_codes().split("\n")), ".fi"]
    lines += [".SH ENVIRONMENT"]
    lines += _tagged(
        [
            ("REDBOOK_DRIVE", "The recorder, where no --drive is given."),
            ("REDBOOK_CONFIG", "Another file with defaults; empty for none."),
            ("NO_COLOR", "Set to anything: no colours."),
        ]
    )
    lines += [".SH FILES"]
    lines += _tagged([("~/.config/redbook/config.toml", "Defaults of options; $XDG_CONFIG_HOME is obeyed.")])
    return "\n".join(lines) + "\n"


def _tagged(records: list[tuple[str, str]]) -> list[str]:
    return [line for written, text in records for line in (".TP", rf"\fB{_roff(written)}\fR", _roff(text))]


def _roff(text: str) -> str:
    """Plain text, in which nothing is an escape or a request."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe[:1] in (".", "'") else safe


def write_man_page() -> None:
    MAN_PAGE.parent.mkdir(exist_ok=True)
    MAN_PAGE.write_text(man(), encoding="utf-8")


if __name__ == "__main__":
    write_man_page()
