#!/usr/bin/env bash
# Build sdist and wheel, see that the wheel is small, install it in a fresh environment elsewhere and use it there.
set -euo pipefail
cd "$(dirname "$0")/.."
limit=$((5 * 1024 * 1024))
rm -rf dist
make wheel
wheel=$(ls dist/*.whl)
size=$(wc -c <"$wheel")
echo "$wheel: $size bytes"
[ "$size" -le $limit ] || { echo "wheel is larger than $limit bytes" >&2; exit 1; }

elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
.venv/bin/python -m venv "$elsewhere/venv"
python=$elsewhere/venv/bin/python
$python -m pip install --quiet --disable-pip-version-check "$wheel[test]"
cp -r tests "$elsewhere/tests"
cp pyproject.toml "$elsewhere"
cd "$elsewhere"
$python -m minigrad info
# The same tests have just run at length from the checkout: here a few examples of each will do.
MINIGRAD_HYPOTHESIS=quick $python -m pytest -q -n auto -p no:cacheprovider tests "$@"
