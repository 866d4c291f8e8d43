"""The command line: every command is one call into the package.

Exit codes: 0 done; 1 only where a command promises it; 2 the input was wrong, said in one line.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NoReturn, cast

import typer

from flarescope.errors import FlarescopeError

__all__ = ["app", "main"]

NUMBERS = {"int_parsing": "a whole number", "float_parsing": "a number"}

# typer carries its own click and shows only this child of its UsageError
_UsageError = cast("type[Any]", typer.BadParameter.__bases__[0])

STOPPED = 130  # how typer ends a command on Ctrl-C
# What keeps each part of its work as soon as it is done; the others begin anew
GO_ON = (("fetch", "magnetograms"), ("store", "build"), ("store", "seal"))
GOES_ON = "; nothing is lost: type the same line again to go on."

app = typer.Typer(
    name="flarescope",
    help="Forecast solar flares from SDO/HMI magnetograms, say how good each forecast is, and show why.",
    epilog="Example: flarescope forecast --image IMAGE --flares LIST --json",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from flarescope import __version__

        typer.echo(f"flarescope {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    _version: bool = typer.Option(
        False,
        "--version",
        help="Print the version and stop.",
        is_eager=True,
        callback=_print_version,
    ),
) -> None:
    pass


def _add_commands() -> None:
    """Each module of this package holds one command (or group of commands) of its own name, with dashes."""
    for info in iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        module = import_module(f"{__name__}.{info.name}")
        group: Any = getattr(module, "app", None)
        if group is not None:
            app.add_typer(group, name=info.name.replace("_", "-"))
        else:
            app.command(info.name.replace("_", "-"))(getattr(module, info.name))


_add_commands()


def main() -> None:
    """Run the command line; what the user got wrong ends in one line and exit code 2."""
    try:
        code = app(prog_name="flarescope", standalone_mode=False)
    except typer.Abort:
        code = STOPPED
    except _UsageError as error:
        _refuse_usage(error)
    except FlarescopeError as error:
        _refuse(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    if code == STOPPED:
        _say_stopped()
    sys.exit(code if isinstance(code, int) else 0)


def _say_stopped() -> None:
    """One line for who pressed Ctrl-C; whose work goes on where it stopped says so."""
    goes_on = any(sys.argv[1 : 1 + len(words)] == list(words) for words in GO_ON)
    typer.echo(f"Stopped{GOES_ON if goes_on else '.'}", err=True)


def _refuse_usage(error: Any) -> NoReturn:
    """An option that does not fit; a bare command has printed its help, which says enough."""
    said = " ".join(error.format_message().split())
    if type(error).__name__ == "NoArgsIsHelpError":
        if said:  # without rich the help is in the message
            typer.echo(error.format_message())
        sys.exit(2)
    causes: list[Any] = getattr(error.__cause__, "errors", list)()  # pydantic's
    said = _in_plain_words(said.rstrip("."), causes[0]) if causes else said.rstrip(".")
    where = error.ctx.command_path if error.ctx else "flarescope"
    _refuse(f"{said}. Type: {where} --help")


def _in_plain_words(said: str, cause: Mapping[str, Any]) -> str:
    """What pydantic says of a value, without its own words, and with the value it leaves out."""
    if cause["type"] == "value_error":  # a choice: typer names value and choices
        return said.replace("Value error, ", "")
    if cause["type"] in NUMBERS:
        said = f"{said.partition(': ')[0]}: Input should be {NUMBERS[cause['type']]}"
    return f"{said}, not '{cause['input']}'"


def _refuse(line: str) -> NoReturn:
    typer.echo(f"flarescope: {line}", err=True)
    sys.exit(2)
