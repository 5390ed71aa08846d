#!/bin/sh
# run.sh [TEST...] - builds the unit tests of the compiler under the address and undefined-behaviour sanitizers and runs
# them: tests/unit/test_NAME.c. The last line is `N passed, N failed`.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${ASAN_BUILD:-$root/build/asan}
cd "$root"
sh tests/common/asan.sh "$build"
full=false
[ "${1:-}" != --full ] || { full=true && shift; }
export UNIT_TESTS_FULL=$full
cc=${CLANG:-clang}
plain="-std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    -Icompiler -Iruntime -Iruntime/trainer -Iruntime/images -Itests/unit"
flags="$plain $(sh tests/common/asan.sh --flags)"
mkdir -p "$build/unit"
# An archive: a test takes what it needs of the compiler, which is never main.o.
rm -f "$build/unit/libnnc.a"
ar rcs "$build/unit/libnnc.a" "$build"/compiler/*.o "$build"/runtime/trainer/*.o "$build"/runtime/images/*.o \
    "$build/embedded.o"
libs=$(make -s --no-print-directory libs)
helpers="$build/unit/program.o $build/unit/printable.o $build/unit/evaluate.o"
for helper in program printable; do
    # shellcheck disable=SC2086
    $cc $flags -c "tests/unit/$helper.c" -o "$build/unit/$helper.o"
done
# The interpreter tests its own bounds, and most of the time is spent in it.
# shellcheck disable=SC2086
$cc $plain -O2 -g -c tests/unit/evaluate.c -o "$build/unit/evaluate.o"

passed=0
failed=0
for source in tests/unit/test_*.c; do
    name=$(basename "$source" .c)
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "* | *" ${name#test_} "*) ;; *) continue ;; esac
    fi
    # shellcheck disable=SC2086
    $cc $flags "$source" $helpers "$build/unit/libnnc.a" -o "$build/unit/$name" \
        -lcmocka $libs
    status=0
    ASAN_OPTIONS=detect_leaks=0 "$build/unit/$name" >"$build/unit/$name.log" 2>&1 || status=$?
    good=$(grep -c '^\[       OK \]' "$build/unit/$name.log" || true)
    bad=$(sed -n 's/^ *\([0-9][0-9]*\) FAILED TEST(S)$/\1/p' "$build/unit/$name.log")
    bad=${bad:-0}
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    if [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; then
        grep -v '^\[ *\(OK\|RUN\) *\]' "$build/unit/$name.log" | tail -n 60
        [ "$bad" -gt 0 ] || bad=1
    fi
    echo "$name: $good passed, $bad failed"
    passed=$((passed + good))
    failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
