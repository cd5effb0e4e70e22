"""What every command line here does with errors: one line on standard error, an exit status.

The statuses are those of :mod:`amverify.errors` and :mod:`amverify.console.entry`; AMVERIFY_DEBUG=1
shows the traceback as well.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Mapping, Sequence

import typer
from typer.main import get_command

from amverify.console.entry import INTERRUPTED, ended, say
from amverify.errors import AmverifyError, InvalidInput

_SHOWN = 80
"""Characters of such a name that are told."""

# The base of all that is wrong with options; which module it lives in varies with typer.
UsageError: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)


def run(
    app: typer.Typer,
    name: str,
    arguments: Sequence[str] | None = None,
    statuses: Mapping[type[Exception], int] | None = None,
) -> int:
    """Run a command line; returns its exit status.

    The app's own ``main`` is not called: it ends with status 1 where the output is closed.

    Args:
        app: the commands.
        name: what the user calls it.
        arguments: those of the process by default.
        statuses: of errors that have none, or another one here.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    own = dict(statuses or {})
    expected: tuple[type[Exception], ...] = (AmverifyError, *own)
    try:
        status = _invoked(app, name, given)
        sys.stdout.flush()
    except expected as error:
        default = error.exit_status if isinstance(error, AmverifyError) else 1
        return failed(error, own.get(type(error), default))
    except UsageError as error:
        return failed(f"{usage(error)}; see --help", 2)
    except OSError as error:
        return _not_found(error) if error.errno == errno.ENAMETOOLONG else ended(error)
    except BaseException as error:
        return ended(error)
    if status == INTERRUPTED:
        return ended(KeyboardInterrupt())
    return status


def _not_found(error: OSError) -> int:
    """A name that no file can have is bad input, wherever it was looked for."""
    return failed(f"{str(error.filename)[:_SHOWN]}…: {error.strerror}", InvalidInput.exit_status)


def _invoked(app: typer.Typer, name: str, given: list[str]) -> int:
    command = get_command(app)
    try:
        if os.environ.get(f"_{name}_COMPLETE".replace("-", "_").upper()):
            command.main(given, name)
        context = command.make_context(name, given)
    except (typer.Exit, SystemExit) as end:
        return _answered(end)
    try:
        with context:
            return int(command.invoke(context) or 0)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return INTERRUPTED


def _answered(end: typer.Exit | SystemExit) -> int:
    """Status of what ends before any command runs: --help, --version, completion."""
    if isinstance(end.__context__, BrokenPipeError):
        raise end
    code = end.exit_code if isinstance(end, typer.Exit) else end.code
    return InvalidInput.exit_status if code else 0


def usage(error: Exception) -> str:
    """What is wrong with the options, in one line."""
    formatted = getattr(error, "format_message", error.__str__)()
    return " ".join(str(formatted).split()).rstrip(".")


def failed(error: BaseException | str, status: int) -> int:
    """Say ``error`` in one line on standard error; returns ``status``."""
    if isinstance(error, BaseException) and os.environ.get("AMVERIFY_DEBUG") == "1":
        traceback.print_exception(error)
    prefix = "" if status == INTERRUPTED else "error: "
    say(f"{prefix}{error}")
    return status
