#!/bin/sh
# setup.sh EXTRA: install this checkout, with one of its extras, into .venv, and leave a stamp there for make.
# Says what is missing on this machine, and how it is usually had, before anything is done.
set -eu
cd "$(dirname "$0")/.."
extra=$1
venv=.venv
python=$venv/bin/python

fail() {
    printf 'minigrad: %s\n' "$@" >&2
    exit 1
}

find_python() {
    for name in ${PYTHON3:-python3 python3.13 python3.12 python3.11 python3.10 python}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

probe=$(mktemp)
printf 'int main(void) { return 0; }\n' | ${CC:-cc} -x c - -o "$probe" 2>/dev/null && rm -f "$probe" || {
    rm -f "$probe"
    fail "no working C compiler (${CC:-cc}): on Debian and Ubuntu install build-essential, on macOS run xcode-select --install, or set CC"
}

# A .venv that was moved or whose Python has gone does not start: make it anew.
if ! { [ -f $venv/.python ] && [ "$(cat $venv/.python)" = "$PWD" ] && $python -c ''; } 2>/dev/null; then
    base=$(find_python) || fail "no Python 3.10 or newer found (PYTHON3=/path/to/python3 names one)"
    "$base" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$base has no venv module: on Debian and Ubuntu install python3-venv, on Fedora python3"
    "$base" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
        fail "$base has no C headers (Python.h): on Debian and Ubuntu install python3-dev, on Fedora python3-devel"
    rm -rf $venv
    "$base" -m venv $venv
    $python - >$venv/build.txt <<'PY'
try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
PY
    $python -m pip install --quiet --disable-pip-version-check -r $venv/build.txt
    pwd >$venv/.python
fi

echo "minigrad: building and installing with extra '$extra' into $venv"
# The build needs no download of its own here: what it requires was installed with the environment.
$python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".[$extra]"
touch "$venv/.$extra"
