#!/bin/sh
# run.sh [--full] - weights from elsewhere: between PyTorch's layouts and nnc's, and a network that others trained.
# The last line is `N passed, N failed`.
#
#     NNC=build/nnc    the compiler; PYTHON: a Python with torch
#     DATA=DIR         with --full: DIR/mobilefacenet and DIR/lfw; what is not there is skipped, with a line that says so
here=$(cd "$(dirname "$0")" && pwd)
for python in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$python" -c 'import numpy, torch' 2>/dev/null; then
        PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/weights.py" "$@"
    fi
done
echo "skipped: Python has no PyTorch here (Debian: apt-get install python3-torch)"
echo "0 passed, 0 failed"
