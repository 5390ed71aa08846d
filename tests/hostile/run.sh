#!/bin/sh
# run.sh [--full] - hostile specs, names, sizes and files, with nnc under the address and undefined-behaviour sanitizers.
# The last line is `N passed, N failed`.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${ASAN_BUILD:-$root/build/asan}
sh "$root/tests/common/asan.sh" "$build"
exec python3 "$root/tests/hostile/hostile.py" "$build/nnc" "$@"
