#!/bin/sh
# run.sh - batch_norm and its like in the constant weights of the layer before them (`fast`). The last line is
# `N passed, N failed`.
#
#     NNC=build/nnc    the compiler
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/fold.py" "$@"
