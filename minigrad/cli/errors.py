"""The one error that the command line shows as a line instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class CommandError(Exception):
    """Something the user gave cannot be used. The text is all that is shown."""


@contextmanager
def reading() -> Iterator[None]:
    """Around the reading of a user's file: what is wrong with the file becomes a CommandError, a missing package too."""
    try:
        yield
    except ImportError as error:
        known = f"this needs the package {error.name}: pip install 'minigrad[demo]'"
        raise CommandError(known if error.name else str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)) from error
    except ValueError as error:
        raise CommandError(str(error)) from error
