#!/bin/sh
# What a device keeps in flash outlives every loss of power. run.sh [--full]; $NNC is the program (build/nnc).
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/flash.py" "$@"
