#!/bin/sh
# asan.sh - builds nnc under the address and undefined-behaviour sanitizers into build/asan, for the suites that want
# it; suites that run at the same time wait for each other here. `asan.sh FOLDER` builds it somewhere else.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build/asan}
mkdir -p "$build"
flags="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
(
    flock 9
    make -s -j2 B="$build" CFLAGS="$flags" LDFLAGS= "$build/nnc"
) 9>"$build/.lock"
