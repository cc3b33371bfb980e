#!/bin/sh
# Makes the virtual environment $1 with the first Python that is new enough.
set -eu
venv=$1
for python in "${PYTHON:-python3}" python3.13 python3.12 python3; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then
    break
  fi
  python=
done
if [ -z "$python" ]; then
  echo "Pentaprism needs Python 3.12 or newer; found: $(python3 --version 2>&1 || echo none)." >&2
  echo "Install one, or name it: make PYTHON=/path/to/python3.12" >&2
  exit 1
fi
if [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  exit 0
fi
if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
  # Debian splits venv's installer off into a package of its own.
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && apt-get install -y -qq "python$version-venv" >/dev/null
  else
    echo "This Python lacks venv. On Debian or Ubuntu: sudo apt install python$version-venv" >&2
    exit 1
  fi
fi
"$python" -m venv "$venv"
