#!/bin/sh
# The same bits from every compiler, level, lane count, target and number of threads, and from the templates themselves. run.sh [--full] [NAME...];
# $NNC is the program (build/nnc).
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/exact.py" "$@"
