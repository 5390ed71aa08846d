#!/bin/sh
# run.sh - weights from elsewhere: between PyTorch's layouts and nnc's.
# The last line is `N passed, N failed`.
#
#     NNC=build/nnc    the compiler; PYTHON: a Python with torch
here=$(cd "$(dirname "$0")" && pwd)
for python in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$python" -c 'import numpy, torch' 2>/dev/null; then
        PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/weights.py" "$@"
    fi
done
echo "skipped: Python has no PyTorch here (Debian: apt-get install python3-torch)"
echo "0 passed, 0 failed"
