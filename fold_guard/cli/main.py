"""The command ``fold-guard``: its verbs, and how errors leave it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from fold_guard.cli import audit, check, cv, diff, explain, fold, gate, report, verify
from fold_guard.errors import FoldGuardError

_INTERRUPTED = 130

app = typer.Typer(
    name="fold-guard",
    help="Can this cross-validation score be trusted? Make folds, check them, train only on folds "
    "that passed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (audit, fold, check, gate, cv, report, verify, diff, explain):
    app.command(name=verb.__name__.rpartition(".")[2])(verb.command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"fold-guard {version('fold-integrity')}")
        raise typer.Exit


@app.callback()
def _root(
    _: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Version."),
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; leaves by SystemExit: 0 passed, 1 refused, 2 usage, 3 could not run."""
    _open_closed()
    # To look for plugins of pydantic, which nobody here uses, reads every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        code = app(args=arguments, standalone_mode=False)
        # Output that cannot be delivered is a failure, not something for the interpreter's exit.
        sys.stdout.flush()
        if code == _INTERRUPTED:  # the parser catches it, and says nothing
            _complain("interrupted", code)
    except typer.Exit as leaving:
        code = leaving.exit_code
    except FoldGuardError as error:
        code = _complain(_told(error), error.exit_code)
    except BrokenPipeError:
        # Only --version comes here; what has a verdict gives it all the same, see `put`.
        from fold_guard.cli.terminal import discard_output

        discard_output()
        code = 0
    except KeyboardInterrupt:
        code = _complain("interrupted", _INTERRUPTED)
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):
            # So the parser leaves when the reader of its help went away.
            raise
        # Nothing of ours leaves so; named code does, and its 0 would look like a pass.
        code = _complain(f"code that was called ended the program with {left.code!r}", 3)
    except GeneratorExit:
        raise
    except BaseException as error:  # the panics of polars are no Exceptions
        code = _unexpected(error)
    sys.exit(code or 0)


def _open_closed() -> None:
    """Give closed standard streams (``>&-``) somewhere to write: Python has None for them."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nowhere)


def _told(error: FoldGuardError) -> str:
    """Return what an error says; where a key is set, without ids and texts that may quote a row."""
    if not _hiding():
        return str(error)
    from fold_guard.evidence.hidden import hidden_error
    from fold_guard.identity.pseudonyms import find_key

    try:
        return hidden_error(error, find_key())
    except FoldGuardError as unfit:
        return str(unfit)


def _hiding() -> bool:
    from fold_guard.identity.pseudonyms import KEY_VARIABLE

    return KEY_VARIABLE in os.environ


def _complain(text: str, code: int) -> int:
    from fold_guard.reports.clean import clean_lines

    print(f"fold-guard: error: {clean_lines(text)}", file=sys.stderr)
    return code


def _unexpected(error: BaseException) -> int:
    show = getattr(error, "show", None)
    if callable(show):  # usage errors of the parser: unknown option, missing argument
        show(file=sys.stderr)
        return 2
    if os.environ.get("FOLD_GUARD_TRACEBACK"):
        raise error
    if isinstance(error, MemoryError):
        return _complain("not enough memory", 3)
    if isinstance(error, OSError):
        if error.filename is None:
            # What could not be delivered would be tried again at exit, and turn the code into 120.
            from fold_guard.cli.terminal import discard_output

            discard_output()
        return _complain(f"{error.strerror or error} ({error.filename or 'output'})", 3)
    text = "" if _hiding() else f": {error}"
    return _complain(
        f"unexpected {type(error).__name__}{text}. This is a fault of fold_guard: please report "
        "it, with the traceback that FOLD_GUARD_TRACEBACK=1 shows.",
        3,
    )
