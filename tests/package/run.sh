#!/bin/sh
# What `nnc package` and `make install` promise. run.sh [--full]; $NNC is the program (build/nnc), $CC the compiler.
# --full also has what takes long: every network, both generators of CMake and all processors everywhere.
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/package.py" "$@"
