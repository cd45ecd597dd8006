#!/usr/bin/env bash
# cross.sh [MACHINE]: build the C side for another machine (aarch64; riscv64: vectors in plain C, without intrinsics) and run the tests of
# the kernels against it under qemu's emulator. On Debian and Ubuntu this wants gcc-MACHINE-linux-gnu and qemu-user. PYTHON names a Python in
# which this checkout is installed; what follows MACHINE goes to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
machine=${1:-aarch64}
shift || true
python=${PYTHON:-$PWD/.venv/bin/python}
gcc=$machine-linux-gnu-gcc
run="qemu-$machine -L /usr/$machine-linux-gnu"
for program in "$gcc" "qemu-$machine"; do
    command -v "$program" >/dev/null || { echo "cross.sh: no $program: on Debian and Ubuntu install gcc-$machine-linux-gnu and qemu-user" >&2; exit 1; }
done

out=build/$machine
mkdir -p "$out"
"$python" csrc/build.py "$out/libminigrad.so" --cc "$gcc" --machine "$machine"
"$gcc" -O2 -Wall -Wextra tests/csrc/server.c -o "$out/server" -ldl

export MINIGRAD_SERVER="$run $PWD/$out/server" MINIGRAD_CLIB=$PWD/$out/libminigrad.so MINIGRAD_HYPOTHESIS=${MINIGRAD_HYPOTHESIS:-quick}
# The pool, scratch memory and storage have checks in C, which test_runtime.py compiles and runs.
MINIGRAD_RUN=$run CC=$gcc "$python" -m pytest -q -p no:cacheprovider tests/kernels/test_runtime.py -k "all_checks or without_futexes"
exec "$python" -m pytest -q -p no:cacheprovider --ignore=tests/kernels/test_runtime.py tests/kernels "$@"
