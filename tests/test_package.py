"""What holds for the package as a whole: who imports whom, what `import minigrad` brings along, and what C code may not do."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad as mg

PACKAGE = Path(mg.__file__).resolve().parent
CSRC = Path(__file__).resolve().parents[1] / "csrc"
OPTIONAL = ["torch", "rich", "matplotlib", "PIL", "safetensors", "hypothesis", "pytest", "scipy"]

# Imports go down this list or stay on a line, never up. A module counts under the longest prefix that names it; what is not named is
# the layer of operations and tensor methods.
LAYERS = [
    ["errors"],
    ["_core"],
    ["registry", "ops", ""],
    ["nn", "optim"],
    ["utils", "io", "models", "serialization", "testing", "distributions"],
    ["datasets", "explain", "games", "metrics", "onnx", "text", "transforms", "viz"],
    ["train"],
    ["cli", "__main__"],
    ["examples"],
]


def layer(module: str) -> int:
    """The layer of `minigrad.<module>`."""
    named = [(len(name), i) for i, names in enumerate(LAYERS) for name in names if module == name or module.startswith(name + ".")]
    return max(named)[1] if named else layer("")


def imports(path: Path) -> list[str]:
    """The modules of minigrad that the file imports when it is itself imported (not within functions), as `a.b` for minigrad.a.b."""
    found = []

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_type_checking(child):
                continue
            if isinstance(child, ast.Import):
                found.extend(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                here = ["minigrad", *path.relative_to(PACKAGE).parts[: -child.level]] if child.level else []
                module = ".".join([*here, *([child.module] if child.module else [])])
                found.extend(f"{module}.{alias.name}" for alias in child.names)
            visit(child)

    visit(ast.parse(path.read_text()))
    return [name.removeprefix("minigrad.") for name in found if name.startswith("minigrad.")]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    if path == PACKAGE / "__init__.py":
        pytest.skip("the front door names everything")
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    upward = [name for name in imports(path) if layer(name) > layer(module)]
    assert not upward, f"minigrad.{module} imports what stands above it: {upward}"


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_import_brings_in_nothing_optional():
    code = f"import sys, minigrad; print(*(set(sys.modules) & set({OPTIONAL!r})))"
    assert run_python(code).split() == []


def test_import_leaves_floating_point_alone():
    """A library linked with fast-math flags flushes subnormals in the whole process."""
    code = "import numpy, minigrad; print(numpy.float64(5e-324) / 1, numpy.nextafter(numpy.float32(0), numpy.float32(1)) * numpy.float32(1), numpy.geterr())"
    without = code.replace(", minigrad", "")
    assert run_python(code) == run_python(without)


def test_version_is_the_same_everywhere():
    try:
        installed = importlib.metadata.version("minigrad")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("run from a checkout that is not installed")
    assert mg.__version__ == installed
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.?(dev|a|b|rc)\d+)?", mg.__version__)


def test_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()


# What C code may not do: print, end the process, change its locale, draw from the C library's generator, know of Python or OpenMP;
# and take memory elsewhere than through the allocator of the project, which is these files.
FORBIDDEN = r"\b(printf|fprintf|puts|strcat|sprintf|gets|rand|srand|exit|abort|system|setlocale)\s*\(|\bPy_?[A-Z]\w*|#\s*include\s*<omp\.h>|#\s*pragma\s+omp"
MEMORY = r"\b(malloc|calloc|realloc|free|alloca|aligned_alloc|posix_memalign)\s*\("
ALLOCATOR = {"storage.c", "scratch.c", "pool.c"}
FLAGS = r"-Ofast|-ffast-math|-funsafe-math-optimizations|-march=native"


def strip_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(\\.|[^\"\\\n])*\"", " ", text, flags=re.DOTALL)


@pytest.mark.skipif(not CSRC.is_dir(), reason="not a checkout")
def test_c_sources_call_nothing_forbidden():
    found = []
    for path in sorted(p for p in CSRC.rglob("*") if p.suffix in (".c", ".h", ".inc", ".def")):
        pattern = FORBIDDEN if path.name in ALLOCATOR else f"{FORBIDDEN}|{MEMORY}"
        found += [f"{path.name}: {match[0]}" for match in re.finditer(pattern, strip_comments(path.read_text()))]
    assert not found


@pytest.mark.skipif(not CSRC.is_dir(), reason="not a checkout")
def test_no_build_flag_changes_numerics_or_ties_to_a_machine():
    files = [CSRC / "build.py", CSRC.parent / "setup.py", CSRC.parent / "pyproject.toml"]
    assert not [(f.name, m) for f in files for m in re.findall(FLAGS, f.read_text())]
