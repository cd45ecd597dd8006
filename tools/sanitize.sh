#!/usr/bin/env bash
# Kernel and engine tests with the C side built under the address and undefined-behaviour sanitizers, in build/sanitize.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
[ "$(uname -s)" = Linux ] || { echo "sanitizers: only set up for Linux"; exit 0; }

out=build/sanitize
mkdir -p $out
$python csrc/build.py $out/libminigrad.so --sanitize
# Python itself frees little at its end: leaks are watched by tests of their own. The tests load the library in place of the module's kernels.
export LD_PRELOAD=$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 MINIGRAD_CLIB=$PWD/$out/libminigrad.so MINIGRAD_HYPOTHESIS=quick
# test_runtime.py compiles its own checks under sanitizers of its own.
exec $python -m pytest -q -p no:cacheprovider --ignore=tests/kernels/test_runtime.py tests/kernels
