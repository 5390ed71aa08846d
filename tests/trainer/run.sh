#!/bin/sh
# run.sh - builds the trainer library and its tests under the address and undefined-behaviour sanitizers, and runs them.
# The last line is `N passed, N failed`. Needs gcc (or $CC), libcmocka-dev, libjansson-dev, zlib1g-dev, libjpeg-dev,
# libpng-dev; gnuplot for plots.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${TRAINER_BUILD:-$root/build/tests/trainer}
mkdir -p "$build"
cc=${CC:-gcc}
flags="-std=c11 -D_XOPEN_SOURCE=700 -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -I$root/runtime -I$root/runtime/trainer -I$root/runtime/images -I$root/tests/trainer"

for source in "$root"/runtime/images/*.c "$root"/runtime/trainer/*.c "$root"/tests/trainer/*.c; do
    object=$build/$(basename "$source" .c).o
    if [ ! -e "$object" ] || [ -n "$(find "$root/runtime" "$root/tests/trainer" -newer "$object" -name '*.h')" ] ||
        [ "$source" -nt "$object" ]; then
        # shellcheck disable=SC2086
        $cc $flags -c "$source" -o "$object"
    fi
done
# shellcheck disable=SC2046,SC2086
$cc $flags "$build"/*.o -o "$build/trainer-tests" -lcmocka $(make -s --no-print-directory -C "$root" libs)
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 "$build/trainer-tests"
