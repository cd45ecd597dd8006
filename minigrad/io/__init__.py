"""`save` and `load`: tensors, alone or in dicts, lists and tuples, with plain values among them, in one file.

Three formats:

- `.npz`: NumPy's, which needs nothing else and which `numpy.load` reads (npz.py).
- `.safetensors`: through its package, an extra (safetensors.py).
- PyTorch's, for every other suffix and for file objects: `torch.load` reads what `save` writes, and `load` what `torch.save` wrote
  (torch_writer.py, torch_reader.py).

The first two hold arrays by name and, as JSON, how they nest (tree.py). PyTorch's is a zip archive with a pickle, which is a program;
Python's pickle module would run it. Here a machine of its own reads it (unpickler.py) that has the opcodes of plain values, and a closed
table of the names that weights need (torch_table.py). A file that asks for more raises `FormatError`, and nothing of it is executed.
Nor can a file ask for more time or memory than its own size accounts for.

`load` looks at the content, not at the suffix. Writing is atomic (files.py).
"""

from __future__ import annotations

from errno import EINVAL
from typing import Any

from minigrad.errors import FormatError

from . import files
from .unpickler import Refused

FORMATS = ("npz", "safetensors", "torch")

_trusted: dict[str, Any] = {}  # classes by name, see serialization.py


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    *,
    format: str | None = None,
) -> None:
    """Write tensors and what they stand in (dicts, lists, tuples, numbers, strings, None) to `f`, a path or a file opened for writing.

    The format is by suffix: `.npz`, `.safetensors` (also for NumPy arrays), and PyTorch's for all others and for file objects; or it is
    `format`: "npz", "safetensors" or "torch". In the first two tensors are written without `requires_grad`, and every mapping comes back
    as a dict; PyTorch's also holds Parameters, OrderedDicts, sets, bytes, complex numbers, sizes and devices. A file of that name is
    replaced in one step, once all is written. `pickle_module` and what follows it are accepted and mean nothing. Raises TypeError, naming
    the place, for a value that the format cannot hold; nothing is written then.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "checkpoint.npz")
    >>> save({"weights": {"w": mg.ones(2)}, "epoch": 3}, path)
    >>> load(path)["epoch"], load(path)["weights"]["w"].tolist()
    (3, [1.0, 1.0])
    """
    if format is None:
        suffix = files.suffix_of(f)
        format = suffix[1:] if suffix in (".npz", ".safetensors") else "torch"
    if format == "torch":
        from . import torch_writer

        files.write("save", f, lambda file: torch_writer.write(file, obj))
        return
    if format not in FORMATS:
        raise ValueError(f"save: format must be one of {', '.join(FORMATS)}, got {format!r}")
    from . import npz, safetensors, tree

    if format == "safetensors":
        safetensors.package("save")
    arrays, structure = tree.encode(obj)
    write = npz.write if format == "npz" else safetensors.write
    files.write("save", f, lambda file: write(file, arrays, structure))


def load(f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = True, mmap: bool | None = None) -> Any:
    """Read what `save` or `torch.save` wrote, or the tensors of any `.npz` or `.safetensors` file as a flat dict.

    `f` is a path or a file opened for reading. Tensors come to the CPU wherever they were; `map_location`, if it names a device, must name
    that one. `pickle_module` and `weights_only` mean nothing: no file is ever allowed to execute code. With `mmap` the storages of a
    PyTorch archive are mapped from the path, privately, instead of read; other formats are read as ever. Raises FileNotFoundError, or
    FormatError (a ValueError) if the file is damaged, of another kind, or asks for anything but tensors and plain values.
    """
    from minigrad.device import on_cpu

    if isinstance(map_location, str):
        on_cpu(map_location, "load: map_location")
    if files.suffix_of(f) == ".safetensors":
        from .safetensors import package

        package("load")
    if mmap and not isinstance(f, files.PATHS):
        raise ValueError("load: mmap=True needs a path, got an open file")
    with files.reading("load", f) as (file, size):
        try:
            return _read(file, size, f if mmap else None)
        except ModuleNotFoundError:
            raise
        except Refused as error:
            raise FormatError(f"load: {files.name_of(f)} is refused, and nothing of it was executed: {error}") from error
        except Exception as error:  # foreign bytes can make the readers fail in any way
            if isinstance(error, OSError) and error.errno not in (None, EINVAL):  # EINVAL: sent to a place before the beginning
                raise
            reason = " ".join(str(error).split())[:500] or type(error).__name__
            raise FormatError(f"load: {files.name_of(f)} is not a whole {files.suffix_of(f) or 'PyTorch'} file: {reason}") from error


def _read(file: Any, size: int, path: Any) -> Any:
    from . import npz, safetensors, torch_reader, tree

    file.seek(0)
    start = file.read(16)
    # First, because the eight bytes before it are a length, which may look like the beginning of any of the others.
    if start[8:9] == b"{":
        return tree.decode(*safetensors.read(file))
    if start[:2] == b"PK":
        if torch_reader.is_archive(file):
            return torch_reader.read_archive(file, size, dict(_trusted), path)
        return tree.decode(*npz.read(file, size))
    if start[:1] == b"\x80":
        return torch_reader.read_legacy(file, size, dict(_trusted))
    raise ValueError("it begins like none of PyTorch's files, .npz and .safetensors")
