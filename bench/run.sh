#!/bin/sh
# The benchmark: nnc against PyTorch on one core, and the time that nnc itself takes. `make bench` calls it.
#
# run.sh [ROUNDS]     default 5, about five minutes; the table goes to standard output and to bench/RESULTS.md
#
# $NNC is the program (build/nnc). PyTorch is Debian's, with OpenBLAS: without it, Debian's PyTorch multiplies matrices
# with the reference BLAS, ten times slower, and a comparison would prove nothing.
here=$(cd "$(dirname "$0")" && pwd)
NNC=${NNC:-$here/../build/nnc}
export NNC
if ! [ -x "$NNC" ]; then
    echo "$NNC is not there: build it first (make)" >&2
    exit 1
fi
bash "$here/../scripts/require.sh" bench || echo "going on with what there is" >&2
exec /usr/bin/python3 "$here/compare.py" "${1:-5}"
