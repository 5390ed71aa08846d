#!/bin/sh
# run.sh - every template under another name gives the same C. $NNC is the program (build/nnc). The last line is
# `N passed, N failed`.
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/rename.py" "${NNC:-$here/../../build/nnc}"
