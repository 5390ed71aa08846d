#!/bin/sh
# asan.sh - builds nnc under the address and undefined-behaviour sanitizers, and fit for clang's libFuzzer, into
# build/asan, for the suites that want it; suites that run at the same time wait for each other here.
# `asan.sh FOLDER` builds it somewhere else; `asan.sh --flags` prints the flags for what is linked with it.
set -eu
cd "$(dirname "$0")/../.."
flags="-O1 -gline-tables-only -fno-omit-frame-pointer \
-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"
if [ "${1:-}" = --flags ]; then
    echo "$flags"
    exit
fi
build=${1:-build/asan}
mkdir -p "$build"
build=$(cd "$build" && pwd) # one name, whoever calls: what depends on which header is known by it
(
    flock 9
    make -s -j2 B="$build" CC="${CLANG:-clang}" CFLAGS="$flags" LDFLAGS= "$build/nnc"
) 9>"$build/.lock"
