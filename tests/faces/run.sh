#!/bin/sh
# run.sh [--full] - examples/faces: its figures against lists counted by hand, under the address and undefined-behaviour
# sanitizers; and the program, with a small network of random weights (faces.py). The last line is `N passed, N failed`.
#
#     NNC=build/nnc    the compiler; PYTHON: a Python with numpy
#     DATA=DIR         with --full: DIR/mobilefacenet, DIR/lfw and DIR/orl; what is not there is skipped, with a line that
#                      says so
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
NNC=$(realpath "${NNC:-$root/build/nnc}")
export NNC
build=${FACES_BUILD:-$root/build/tests/faces}
mkdir -p "$build"
cc=${CC:-gcc}
sanitize="-g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -O1 $sanitize -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    -I$root/runtime -I$root/runtime/trainer -I$root/runtime/images -I$root/examples/faces"

passed=0
failed=0
faces=$root/examples/faces
for test in "$here"/test_*.c; do
    name=$(basename "$test" .c)
    # shellcheck disable=SC2086
    $cc $flags -o "$build/$name" "$test" "$here/support.c" "$faces/metrics.c" "$faces/folds.c" "$faces/identification.c" \
        "$faces/pairs.c" "$faces/names.c" "$faces/vectors.c" "$faces/bytes.c" "$faces/pixels.c" \
        "$root/runtime/trainer/context.c" "$root/runtime/trainer/file.c" "$root/runtime/trainer/utf8.c" -lcmocka -lz -lm
    status=0
    "$build/$name" >"$build/$name.log" 2>&1 || status=$?
    good=$(grep -c '^\[       OK \]' "$build/$name.log" || true)
    bad=$(grep -c '^\[  FAILED  \] test_' "$build/$name.log" || true)
    if [ "$status" -ne 0 ]; then
        grep -v '^\[ *\(OK\|RUN\) *\]' "$build/$name.log" | tail -n 60
        [ "$bad" -gt 0 ] || bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
done

# Any Python will do, but for published weights, which are read with numpy.
python=python3
for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$candidate" -c 'import numpy' 2>/dev/null; then python=$candidate; fi
done
status=0
PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 "$python" "$here/faces.py" "$build" "$sanitize" "$@" \
    >"$build/faces.log" 2>&1 || status=$?
sed '$d' "$build/faces.log"
line=$(tail -n 1 "$build/faces.log")
case $line in
*' passed, '*' failed')
    passed=$((passed + ${line%% passed*}))
    more=${line#*passed, }
    failed=$((failed + ${more%% failed}))
    ;;
*)
    echo "$line"
    failed=$((failed + 1))
    ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
