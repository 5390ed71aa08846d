#!/bin/sh
# Runs a network on an emulated board: board.sh BOARD SPEC [--inference] [--steps N] [--functions] [nnc's options...]
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/board.py" "$@"
