#!/bin/bash
# run.sh [--full] - fuzzes the compiler with network descriptions, templates and schedules, and the trainer's readers with weights,
# data files and pictures, under the address and undefined-behaviour sanitizers. Needs clang with libFuzzer (libclang-rt-dev).
# The quick mode makes a fixed number of seeded runs; --full runs each fuzzer for FUZZ_SECONDS (300). What is found
# stays in build/fuzz/found. The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${FUZZ_BUILD:-$PWD/build/fuzz}
asan=${ASAN_BUILD:-$PWD/build/asan}
seconds=${FUZZ_SECONDS:-300}
clang=${CLANG:-clang}
mkdir -p "$build/found" "$build/seeds"/{spec,template,schedule,data}
scratch=$(mktemp -d) # in which the fuzzers write
trap 'rm -rf "$scratch"' EXIT

if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n ? 0 : 0; }' |
    $clang -fsanitize=fuzzer -x c - -o "$build/probe" 2>/dev/null; then
    echo "skipped: $clang has no libFuzzer (apt-get install clang libclang-rt-dev)"
    echo "0 passed, 1 failed"
    exit 1
fi
sh tests/common/asan.sh "$asan" || exit 1
objects=$(ls "$asan"/compiler/*.o | grep -v -e '/main\.o$' -e '/memory\.o$')
rm -f "$build/libnnc.a"
# shellcheck disable=SC2086
ar rcs "$build/libnnc.a" $objects "$asan"/runtime/*/*.o "$asan/embedded.o"
for name in spec template schedule data; do
    # shellcheck disable=SC2046,SC2086
    $clang -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra $(sh tests/common/asan.sh --flags) \
        -fsanitize=fuzzer -Icompiler -Iruntime -Iruntime/trainer -Iruntime/images \
        tests/fuzz/$name.c tests/fuzz/compile.c tests/fuzz/memory.c "$build/libnnc.a" -o "$build/fuzz-$name" \
        $(make -s --no-print-directory libs) || exit 1
done

# Seeds: what there is, and the words of the two languages.
cp specs/*.yaml tests/golden/[!s]*/*.yaml "$build/seeds/spec"
cp tests/golden/schedules/*.yaml tests/fuzz/good_schedule.yaml "$build/seeds/schedule"
for template in templates/*/*.c tests/golden/templates/*.c tests/templates/*/*.c; do
    name=$(basename "$template" .c)
    sed -e "1s/\(: *\)$name\$/\1fuzzed/" -e "s/void $name\([_(]\)/void fuzzed\1/" "$template" \
        >"$build/seeds/template/$(basename "$(dirname "$template")")-$name.c"
done
python3 tests/fuzz/seeds.py "$build/seeds/data"
words() { # quoted, one a line
    sort -u | sed 's/.*/"&"/'
}
{
    for folder in templates/*/; do ls "$folder"; done | sed 's/\.c$//'
    cat templates/*/*.c | sed -n 's/^ \* Attr: *\([a-z_]*\).*/\1/p'
    "$asan/nnc" schema | grep -o '"[a-z_0-9]*": {' | tr -d '":{ '
    printf '%s\n' ': {' '}' '[' ']' '- ' ', ' '{inputs: [' '1' '0' '-1' '2' '16777216' '1.0e-5' 'true' 'false' '&a' '*a' '<<: '
} | words >"$build/spec.dict"
{
    grep -oh '[A-Za-z_][A-Za-z_0-9]*' templates/layers/*.c templates/losses/*.c | sort | uniq -c | sort -rn | head -150 |
        awk '{print $2}'
    printf '%s\n' 'for (int n = 0; n < N; n++)' '[N][M]' ' + ' ' * ' ' % ' ' ? ' ' : ' ' && ' ' * Attr: ' ' * Size: ' \
        ' * Require: ' ' * Form: ' ' * Scratch: ' ' * State: ' ' * Inputs: ' ' * Any: '
} | words >"$build/template.dict"

passed=0
failed=0
# fuzz NAME RUNS LENGTH
fuzz() {
    corpus=$build/corpus/$1
    mkdir -p "$corpus"
    limits=(-runs="$2")
    if [ "${full}" = true ]; then
        limits=(-max_total_time="$seconds")
    else
        rm -rf "$corpus" && mkdir -p "$corpus" # the same start each time
    fi
    dictionary=()
    [ -e "$build/$1.dict" ] && dictionary=(-dict="$build/$1.dict")
    ASAN_OPTIONS=detect_leaks=0 env -C "$scratch" "$build/fuzz-$1" -seed=1 "${limits[@]}" -max_len="$3" -timeout=60 -rss_limit_mb=4096 \
        -artifact_prefix="$build/found/$1-" "${dictionary[@]}" "$corpus" "$build/seeds/$1" >"$build/$1.log" 2>&1
    status=$?
    runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$build/$1.log")
    if [ $status -eq 0 ]; then
        echo "$1: ${runs:-0} runs, nothing found"
        passed=$((passed + 1))
    else
        echo "FAILED $1: see $build/$1.log"
        grep -v -e '^#' -e NEW "$build/$1.log" | tail -n 40
        failed=$((failed + 1))
    fi
}

full=false
[ "${1:-}" = --full ] && full=true
fuzz spec 1500 2000
fuzz template 300 4000
fuzz schedule 1500 1000
fuzz data 10000 2000
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
