"""Try the functions of one float32 on every float32, and write the largest errors into docs/numerics.md.

python tools/exhaustive.py [NAME...] [--isa avx512,avx2,base] [--step 1] [--threads 2]     # no name: all
python tools/exhaustive.py --write                                                        # only the table in the docs

A function takes a minute or two of one processor. Results go into docs/accuracy.json as they come, so that a run can be stopped and
started again: what has been tried with the present sources is not tried again. csrc/tools/exhaustive.c counts the errors and says
against what.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import hashlib
import json
import os
import struct
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS, PAGE = ROOT / "docs" / "accuracy.json", ROOT / "docs" / "numerics.md"
FLOAT32 = 8  # mg_dtype
PIECE = 1 << 26  # floats in a piece of work

# Name: kernel, its parameter.
FUNCTIONS: dict[str, tuple[str, float | int]] = {
    **{
        name: (name, 0)
        for name in (
            "sqrt rsqrt reciprocal exp exp2 expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
            "erf erfc erfinv lgamma digamma sigmoid silu softplus mish gelu"
        ).split()
    },
    "gelu_tanh": ("gelu", 1),
    "elu": ("elu", 1.0),
}


class Param(ctypes.Union):
    _fields_ = [("i", ctypes.c_int64), ("f", ctypes.c_double)]


def build(folder: Path) -> tuple[ctypes.CDLL, ctypes.CDLL]:
    """The kernels, which are in the extension module (or the library that MINIGRAD_CLIB names), and the counter of errors."""
    path = os.environ.get("MINIGRAD_CLIB")
    if not path:
        import minigrad._core

        path = minigrad._core.__file__
    counter, cc = folder / "exhaustive.so", os.environ.get("CC", "cc")
    subprocess.run(
        [cc, "-std=gnu11", "-O2", "-fPIC", "-shared", ROOT / "csrc" / "tools" / "exhaustive.c", "-o", counter, "-lm"], check=True
    )
    lib, count = ctypes.CDLL(path), ctypes.CDLL(str(counter))
    lib.mg_init.argtypes, lib.mg_init.restype = [ctypes.c_char_p], ctypes.c_char_p
    lib.mg_isa.restype = ctypes.c_char_p
    lib.mg_kernel_id.argtypes, lib.mg_kernel_row.restype = [ctypes.c_char_p], ctypes.POINTER(ctypes.c_void_p)
    lib.mg_set_num_threads(1)
    count.mg_exhaustive_reference.argtypes, count.mg_exhaustive_reference.restype = [ctypes.c_char_p], ctypes.c_void_p
    count.mg_exhaustive.restype = ctypes.c_double
    count.mg_exhaustive.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(Param), ctypes.c_void_p, *[ctypes.c_uint64] * 3, ctypes.POINTER(ctypes.c_uint32)
    ]  # fmt: skip
    return lib, count


def sources() -> str:
    """What the results depend on, as a hash."""
    text = b"".join(p.read_bytes() for p in sorted((ROOT / "csrc" / "kernels").glob("vec*.h")))
    return hashlib.sha256(text).hexdigest()[:12]


def worst(lib: ctypes.CDLL, count: ctypes.CDLL, name: str, isa: str, step: int, threads: int) -> tuple[float, float] | None:
    """The largest error in ulps and where it is; None if there is no such kernel."""
    kernel, value = FUNCTIONS[name]
    assert lib.mg_init(isa.encode()) is not None, f"this machine has no {isa}"
    row = lib.mg_kernel_id(kernel.encode())
    address = lib.mg_kernel_row(row)[FLOAT32] if row >= 0 else None
    if not address:
        return None
    param = Param(f=value) if isinstance(value, float) else Param(i=value)
    reference = count.mg_exhaustive_reference(name.encode())
    assert reference, f"exhaustive.c has no reference for {name}"

    def piece(begin: int) -> tuple[float, int]:
        at = ctypes.c_uint32()
        end = min(begin + PIECE * step, 1 << 32)
        return count.mg_exhaustive(address, ctypes.byref(param), reference, begin, end, step, ctypes.byref(at)), at.value

    with ThreadPoolExecutor(threads) as pool:
        error, bits = max(pool.map(piece, range(0, 1 << 32, PIECE * step)))
    return error, struct.unpack("f", struct.pack("I", bits))[0]


def table(results: dict) -> str:
    """The page's table: one row a function, one column an instruction set."""
    isas = [isa for isa in ("base", "avx2", "avx512") if any(isa in r for r in results.values())]
    lines = ["| function | " + " | ".join(isas) + " | where | tried |", "|---|" + "---|" * (len(isas) + 2)]
    for name in FUNCTIONS:
        if name not in results:
            continue
        found = results[name]
        cells = [
            f"{found[isa]['ulp']:.2f}" + ("" if found[isa]["step"] == 1 else f" (every {found[isa]['step']}th)") if isa in found else ""
            for isa in isas
        ]
        last = found[max(found, key=lambda isa: found[isa]["ulp"])]
        lines.append(f"| {name} | {' | '.join(cells)} | {last['at']:.9g} | {last['date']} |")
    return "\n".join(lines)


def write(results: dict) -> None:
    begin, end = "<!-- accuracy: written by tools/exhaustive.py -->", "<!-- end of accuracy -->"
    page = PAGE.read_text()
    head, rest = page.split(begin)
    PAGE.write_text(f"{head}{begin}\n\n{table(results)}\n\n{end}{rest.split(end)[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {' '.join(FUNCTIONS)}")
    parser.add_argument("--isa", default="", help="of base, avx2, avx512; default: the best one")
    parser.add_argument("--step", type=int, default=1, help="look at every STEP-th float32 only")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="only write the table")
    args = parser.parse_args()
    if unknown := [name for name in args.names if name not in FUNCTIONS]:
        parser.error(f"unknown functions: {', '.join(unknown)}")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not args.write:
        os.nice(10)
        with tempfile.TemporaryDirectory() as folder:
            lib, count = build(Path(folder))
            lib.mg_init(None)
            version, today = sources(), str(datetime.date.today())
            for isa in args.isa.split(",") if args.isa else [lib.mg_isa().decode()]:
                for name in args.names or FUNCTIONS:
                    known = results.get(name, {}).get(isa)
                    if known and known["sources"] == version and known["step"] <= args.step:
                        continue
                    found = worst(lib, count, name, isa, args.step, args.threads)
                    if found is None:
                        continue
                    print(f"{name:10} {isa}: {found[0]:.3f} ulp at {found[1]!r} ({found[1].hex()})", flush=True)
                    record = {"ulp": found[0], "at": found[1], "step": args.step, "date": today, "sources": version}
                    results.setdefault(name, {})[isa] = record
                    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    write(results)


if __name__ == "__main__":
    main()
