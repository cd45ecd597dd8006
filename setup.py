"""Build the one extension module, `minigrad._core`: Cython (minigrad/core/) over plain C (csrc/). Everything else is in pyproject.toml.

Switches, for developers: MINIGRAD_DEBUG=1 (assertions, no optimisation), MINIGRAD_SANITIZE=1 (address and undefined behaviour),
MINIGRAD_COVERAGE=1 (line coverage of Cython and C).
"""

import hashlib
import os
import platform
import shlex
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "csrc"))
import build as csrc  # noqa: E402


def switch(name: str) -> bool:
    return os.environ.get(f"MINIGRAD_{name}", "") not in ("", "0")


def flags() -> list[str]:
    if switch("SANITIZE"):
        return [*csrc.DEBUG, *csrc.SANITIZE]
    if switch("DEBUG"):
        return csrc.DEBUG
    return [*(["--coverage"] if switch("COVERAGE") else []), "-DNDEBUG"]


def machine() -> str:
    """The architecture that is built for: cross builds say so in ARCHFLAGS (macOS)."""
    archs = [arch for arch in ("x86_64", "arm64") if arch in os.environ.get("ARCHFLAGS", "")]
    return archs[0] if len(archs) == 1 else platform.machine()


class BuildWithKernels(build_ext):
    """Compile csrc/ first, since its files need flags of their own, then link its objects into the extension."""

    def build_extension(self, ext):
        cc = shlex.split(os.environ.get("CC", "cc"))
        extra = [*flags(), *shlex.split(os.environ.get("ARCHFLAGS", ""))]
        # Not below build_temp, which an editable install throws away: a folder for each compiler and set of flags, to be used again.
        tag = hashlib.sha256(repr((cc, extra)).encode()).hexdigest()[:8]
        ext.extra_objects = csrc.compile_objects(ROOT / "build" / f"csrc-{machine()}-{tag}", cc, extra, machine())
        super().build_extension(ext)


class BuildWithExamples(build_py):
    """Put the example programs, which stand beside the package in a checkout, into the built one: `minigrad run` finds them there."""

    def run(self):
        super().run()
        if not self.editable_mode:
            for path in sorted(ROOT.glob("examples/*.py")):
                self.mkpath(f"{self.build_lib}/minigrad/examples")
                self.copy_file(str(path), f"{self.build_lib}/minigrad/examples/{path.name}")


extension = Extension(
    "minigrad._core",
    ["minigrad/core/core.pyx"],
    include_dirs=["csrc"],
    depends=[
        str(p.relative_to(ROOT))
        for p in [*ROOT.glob("csrc/*.h"), *ROOT.glob("csrc/*.c"), *ROOT.glob("csrc/kernels/*"), *ROOT.glob("minigrad/core/*.px*")]
    ],
    extra_compile_args=[*(["-O0"] if switch("DEBUG") else ["-O2", "-g0"]), "-fno-strict-aliasing", "-Wno-unused-function", *flags()],
    extra_link_args=["-pthread", *flags()[:-1], *([] if switch("DEBUG") or switch("SANITIZE") or sys.platform == "darwin" else ["-Wl,-s"])],
    define_macros=[("CYTHON_TRACE_NOGIL", "1")] if switch("COVERAGE") else [],
)
directives = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": True,
    "cdivision": True,
    "initializedcheck": False,
    "embedsignature": True,
    "infer_types": True,  # loops over range(n) become C loops
}
setup(
    ext_modules=cythonize([extension], compiler_directives=directives | {"linetrace": switch("COVERAGE")}),
    cmdclass={"build_ext": BuildWithKernels, "build_py": BuildWithExamples},
)
