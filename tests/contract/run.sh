#!/bin/sh
# What is promised of generated code: warnings, symbols, sanitizers, names. run.sh [--full]; $NNC is the program
# (build/nnc).
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/contract.py" "$@"
