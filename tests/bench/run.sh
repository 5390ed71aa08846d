#!/bin/sh
# The benchmark's own parts: its descriptions, its programs, its verdicts. run.sh [--full]; $NNC is the program. Nothing
# is measured here, and nothing fetched. --full: PyTorch's networks, where there is PyTorch.
here=$(cd "$(dirname "$0")" && pwd)
for python in ${PYTHON:-/usr/bin/python3} python3; do
    if "$python" -c 'import torch' 2>/dev/null; then break; fi
done
PYTHONPATH="$here/../common:$here/../../bench" PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/bench.py" "$@"
