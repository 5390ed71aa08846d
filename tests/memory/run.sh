#!/bin/sh
# What the memory plan reaches, against a bound of its own reckoning. run.sh; $NNC is the program (build/nnc).
here=$(cd "$(dirname "$0")" && pwd)
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/memory.py" "$@"
