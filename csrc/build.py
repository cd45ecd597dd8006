"""Compile the C side: every file of kernels/ once per instruction set, the rest once. Used by setup.py, and alone:

python csrc/build.py libminigrad.so [--debug] [--sanitize] [--cc CC]     # a shared library without Python, for tests and tools
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Contraction is off so that a fused multiply-add happens only where a kernel asks for it. No flag here may change the
# meaning of floating point or tie a build to the machine that made it.
FLAGS = [
    "-std=gnu11",
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fPIC",
    "-pthread",
    "-Wall",
    "-Wextra",
    "-Werror=implicit",
    "-Wno-psabi",
]
DEBUG = ["-O1", "-g", "-UNDEBUG"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g", "-UNDEBUG"]
X86 = {
    "base": [],
    "avx2": ["-mavx2", "-mfma", "-mbmi", "-mbmi2", "-mf16c"],
    "avx512": [
        "-mavx512f",
        "-mavx512bw",
        "-mavx512dq",
        "-mavx512vl",
        "-mavx512cd",
        "-mfma",
        "-mbmi",
        "-mbmi2",
        "-mf16c",
        "-mprefer-vector-width=512",
    ],
}


def isas(machine: str) -> dict[str, list[str]]:
    return X86 if machine.lower() in ("x86_64", "amd64") else {"base": []}


def is_stale(obj: Path) -> bool:
    """Whether `obj` is missing or older than a file that its .d file (written by -MMD) names."""
    deps = obj.with_suffix(".d")
    if not obj.exists() or not deps.exists():
        return True
    names = deps.read_text().replace("\\\n", " ").split(":", 1)[1].split()
    return any(not os.path.exists(n) or os.path.getmtime(n) > obj.stat().st_mtime for n in [*names, __file__])


def compile_objects(out: Path, cc: list[str], extra: list[str], machine: str) -> list[str]:
    """Compile what is stale into the folder `out`, in parallel; the paths of all objects."""
    out.mkdir(parents=True, exist_ok=True)
    jobs = [(src, out / f"{src.stem}.o", []) for src in sorted(HERE.glob("*.c"))]
    for isa, flags in isas(machine).items():
        jobs += [(src, out / f"{src.stem}.{isa}.o", [*flags, f"-DMG_ISA={isa}"]) for src in sorted((HERE / "kernels").glob("*.c"))]

    def build(job: tuple[Path, Path, list[str]]) -> None:
        src, obj, flags = job
        if is_stale(obj):
            start = time.time()
            subprocess.run(
                [*cc, *FLAGS, *flags, *extra, "-MMD", "-MF", str(obj.with_suffix(".d")), "-c", str(src), "-o", str(obj)], check=True
            )
            # A file that changed while the compiler ran is newer than what the compiler read of it.
            os.utime(obj, (start, start))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(build, jobs))
    return [str(obj) for _, obj, _ in jobs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--debug", action="store_true")
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--machine", default=platform.machine())
    args = parser.parse_args()
    extra = (DEBUG if args.debug else ["-DNDEBUG"]) if not args.sanitize else [*DEBUG, *SANITIZE]
    cc = shlex.split(args.cc)
    try:
        objects = compile_objects(args.library.with_suffix(".objects"), cc, extra, args.machine)
        subprocess.run([*cc, *extra, "-shared", "-pthread", *objects, "-o", str(args.library), "-lm"], check=True)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


if __name__ == "__main__":
    main()
