# The extension module is Cython; what it exports is known to type checkers as Any.
from typing import Any

def __getattr__(name: str) -> Any: ...
