"""What this build is: no GPU's."""

from . import __version__ as __version__

debug = False
cuda: str | None = None
hip: str | None = None
