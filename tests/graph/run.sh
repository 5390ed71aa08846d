#!/bin/sh
# What graphs, blocks and shared parameters promise. run.sh; $NNC is the program (build/nnc), $CC the compiler.
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/graph.py"
