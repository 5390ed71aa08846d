#!/bin/sh
# Compares nnc's networks with PyTorch's. run.sh [--full] [NAME...]; $NNC is the program (build/nnc), $PYTHON the Python.
here=$(cd "$(dirname "$0")" && pwd)
for python in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$python" -c 'import numpy, torch' 2>/dev/null; then
        PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/oracle.py" "$@"
    fi
done
echo "skipped: Python has no PyTorch here (Debian: apt-get install python3-torch)"
echo "0 passed, 0 failed"
