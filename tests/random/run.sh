#!/bin/sh
# Random networks against PyTorch, against differences, and against themselves on other targets. run.sh [--full]
# [--seed FIRST] [--count N] [--parts abc] [--all-bits]; $NNC is the program (build/nnc), $PYTHON the Python.
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../common:$here/../oracle" PYTHONDONTWRITEBYTECODE=1
for python in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$python" -c 'import numpy, torch' 2>/dev/null; then
        exec "$python" "$here/networks.py" "$@"
    fi
done
exec "${PYTHON:-python3}" "$here/networks.py" "$@"
