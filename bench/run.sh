#!/bin/sh
# The benchmark: nnc against PyTorch and ONNX Runtime on one core, and the time that nnc and gcc take. `make bench` runs
# it.
#
# run.sh [ROUNDS] [WORKLOAD...]     5 rounds of everything take about twenty minutes; the tables go to standard output
#                                   and to bench/RESULTS.md. With names of workloads only these are measured, and
#                                   RESULTS.md stays as it is
# run.sh --list                     the names of the workloads
#
# $NNC is the program (build/nnc), $BENCH_CORE the number of the core. PyTorch is Debian's, with OpenBLAS: without it,
# Debian's PyTorch multiplies matrices with the reference BLAS, ten times slower, and a comparison would prove nothing.
# ONNX Runtime is npm's, fetched once into build/peers.
here=$(cd "$(dirname "$0")" && pwd)
NNC=${NNC:-$here/../build/nnc}
PYTHONDONTWRITEBYTECODE=1
export NNC PYTHONDONTWRITEBYTECODE
if ! [ -x "$NNC" ]; then
    echo "$NNC is not there: build it first (make)" >&2
    exit 1
fi
bash "$here/../scripts/require.sh" bench || echo "going on with what there is" >&2
exec /usr/bin/python3 "$here/compare.py" "$@"
