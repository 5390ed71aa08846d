#!/bin/sh
# Generated code on emulated boards: the bits, the instructions, the memory, losses of power. run.sh [--full]; $NNC is
# the program (build/nnc).
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../common:$here/../flash" PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/firmware.py" "$@"
