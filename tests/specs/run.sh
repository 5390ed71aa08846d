#!/bin/sh
# The networks of specs/: published counts, and what nnc needs for the large ones. run.sh [--full]; $NNC is the program.
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/specs.py" "$@"
