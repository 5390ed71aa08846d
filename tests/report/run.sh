#!/bin/sh
# What `nnc report` and `nnc bench` tell. run.sh; $NNC is the program (build/nnc).
here=$(cd "$(dirname "$0")" && pwd)
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/report.py"
