#!/bin/sh
# run.sh - builds the tests of runtime/nnc under several compilers and flags, and runs them.
#
#     run.sh          a covering choice of compiler, flags, lanes and width: seconds
#     run.sh --full   every combination, also under sanitizers: minutes
#
# Every build of test_lanes must print one and the same hash, and no object may need a function of libm.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I../../runtime"
passed=0
failed=0
hashes=""
half_hashes=""

# Adds the counts of a program's last line.
count() {
    line=$(tail -n 1 "$work/log")
    passed=$((passed + $(echo "$line" | sed 's/ passed.*//')))
    wrong=$(echo "$line" | sed 's/.* passed, //; s/ failed//')
    failed=$((failed + wrong))
    if [ "$wrong" -ne 0 ]; then
        echo "$1:"
        grep FAILED "$work/log" || true
    fi
}

# program SOURCE COMPILER FLAGS...: one that may use libm.
program() {
    source=$1
    shift
    "$@" $warnings "$source.c" -o "$work/program" -lm
    "$work/program" > "$work/log" || true
    count "$source, $*"
}

# lanes LANES BYTES COMPILER FLAGS...
lanes() {
    lane_count=$1
    bytes=$2
    shift 2
    language=test_lanes.c
    case $1 in *++) language="-x c++ test_lanes.c" ;; esac
    "$@" $warnings -Wno-psabi -DNNC_LANES="$lane_count" -DNNC_REAL_BYTES="$bytes" -c $language -o "$work/lanes.o"
    if nm -u "$work/lanes.o" | grep -wE '(fma|sqrt|exp|expm1|log|log1p|tanh|erf|sin|cos|pow|fabs|floor|fmax|fmin|round|rint|ldexp)[fl]?'; then
        echo "libm is called: $lane_count lanes of $bytes bytes, $*"
        failed=$((failed + 1))
    fi
    "$1" "$work/lanes.o" -o "$work/program" $(echo "$*" | grep -o -e '-fsanitize=[a-z,]*' || true)
    "$work/program" > "$work/log" || true
    count "$lane_count lanes of $bytes bytes, $*"
    hashes="$hashes$(sed -n 's/^hash //p' "$work/log")
"
}

# joined fine|refused LANES BYTES LANES BYTES COMPILER FLAGS...: networks in one file of C. They are of one kind, or the
# compiler says what is wrong.
joined() {
    wanted=$1
    for kind in "$2 $3" "$4 $5" "$4 $5"; do
        printf '#define NNC_LANES %s\n#define NNC_REAL_BYTES %s\n#include <nnc/lanes.h>\n' $kind
    done > "$work/joined.c"
    first="$2 of $3" second="$4 of $5"
    shift 5
    if "$@" -I../../runtime -c "$work/joined.c" -o "$work/joined.o" 2> "$work/log"; then
        ends=fine
    elif grep -q nnc_networks_in_one_file_differ_in_lanes "$work/log"; then
        ends=refused
    else
        ends=otherwise
    fi
    if [ $ends = "$wanted" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED lanes $first bytes and $second in one file, $*: $ends"
        cat "$work/log"
    fi
}

# tools PROCESSOR: sets compiler and runner for aarch64 or wasm; false where they are not there.
tools() {
    case $1 in
    aarch64) compiler="aarch64-linux-gnu-gcc -static" runner=qemu-aarch64 tools="aarch64-linux-gnu-gcc qemu-aarch64" ;;
    wasm) compiler=../common/wasm/cc.sh runner="node ../common/wasm/run.mjs" tools="clang wasm-ld node" ;;
    esac
    for tool in $tools; do
        command -v "$tool" >/dev/null && continue
        if [ "${NNC_ANY_SYSTEM:-}" ]; then
            echo "skipped: $1, for want of $tool"
        else
            echo "$tool not found: \`bash scripts/require.sh test\` installs that"
            failed=$((failed + 1))
        fi
        return 1
    done
}

# elsewhere LANES BYTES PROCESSOR FLAGS...: the same for aarch64 or wasm. There is no libm to link with.
elsewhere() {
    lane_count=$1
    bytes=$2
    processor=$3
    shift 3
    tools $processor || return 0
    $compiler "$@" -std=c99 $warnings -Wno-psabi -DNNC_LANES="$lane_count" -DNNC_REAL_BYTES="$bytes" test_lanes.c -o "$work/program"
    $runner "$work/program" > "$work/log" || true
    count "$lane_count lanes of $bytes bytes, $processor $*"
    hashes="$hashes$(sed -n 's/^hash //p' "$work/log")
"
}

# halves_by RUNNER LANES COMPILER FLAGS...: all 65,536 halves. RUNNER runs the program; "": it runs here.
halves_by() {
    runner=$1
    lane_count=$2
    shift 2
    "$@" $warnings -Wno-psabi -DNNC_LANES="$lane_count" test_half.c -o "$work/program"
    $runner "$work/program" > "$work/log" || true
    count "halves in $lane_count lanes, $*"
    half_hashes="$half_hashes$(sed -n 's/^hash //p' "$work/log")
"
}

halves() {
    halves_by "" "$@"
}

# halves_elsewhere PROCESSOR LANES FLAGS...
halves_elsewhere() {
    tools $1 || return 0
    lane_count=$2
    shift 2
    halves_by "$runner" "$lane_count" $compiler -std=c99 "$@"
}

if [ "${1:-}" = --full ]; then
    for bytes in 4 8; do
        for lane_count in 1 2 4 8 16; do
            for flags in "-O0" "-O2" "-O2 -DNNC_SOFT_FMA -DNNC_SOFT_SQRT"; do
                elsewhere $lane_count $bytes aarch64 $flags
                elsewhere $lane_count $bytes wasm $flags
                elsewhere $lane_count $bytes wasm $flags -msimd128
            done
        done
    done
    for processor in aarch64 wasm "wasm -msimd128"; do
        elsewhere 16 4 $processor -O2 -DEIGHT
    done
    for compiler in "gcc -std=gnu99" "clang -std=c99" "g++ -std=c++17" "clang++ -std=c++17"; do
        for flags in "-O0" "-O2" "-O0 -march=native" "-O3 -march=native" "-O2 -mavx2 -mfma" "-O2 -DNNC_SOFT_FMA -DNNC_SOFT_SQRT"; do
            for bytes in 4 8; do
                for lane_count in 1 2 4 8 16; do
                    lanes $lane_count $bytes $compiler $flags
                done
            done
            lanes 16 4 $compiler $flags -DEIGHT
        done
    done
    for lane_count in 1 2 4 8 16; do
        for compiler in "gcc -std=gnu99" "clang -std=c99"; do
            for flags in "-O0" "-O2" "-O2 -DNNC_SOFT_HALF -march=native" "-O2 -mf16c" "-O2 -mavx2 -mfma" "-O1 -mavx512f" \
                "-O3 -march=native" "-O1 -g -fsanitize=address,undefined" "-O1 -g -march=native -fsanitize=address,undefined"; do
                halves $lane_count $compiler $flags
            done
        done
        halves $lane_count clang -std=c99 -O1 -march=native -fsanitize=memory
        for flags in "-O0" "-O2" "-O2 -DNNC_SOFT_HALF"; do
            halves_elsewhere aarch64 $lane_count $flags
            halves_elsewhere wasm $lane_count $flags
            halves_elsewhere wasm $lane_count $flags -msimd128
        done
    done
    for compiler in gcc clang; do
        for flags in "-O0" "-O2" "-O3 -march=native" "-O1 -g -fsanitize=address,undefined"; do
            program test_real $compiler -std=c99 $flags
            program test_random $compiler -std=c99 $flags
            program test_accuracy $compiler -std=c99 $flags
            program test_template $compiler -std=c99 $flags
            program test_template $compiler -std=c99 $flags -DNNC_TEMPLATE_DOUBLE
        done
        for lane_count in 1 2 4 8 16; do
            lanes $lane_count 4 $compiler -std=c99 -O1 -g -fsanitize=address,undefined
            lanes $lane_count 8 $compiler -std=c99 -O1 -g -march=native -fsanitize=address,undefined
        done
        lanes 16 4 $compiler -std=c99 -O1 -g -march=native -fsanitize=address,undefined -DEIGHT
    done
else
    lanes 1 4 gcc -std=gnu99 -O2
    lanes 1 8 clang -std=c99 -O0
    lanes 2 4 clang -std=c99 -O2 -march=native
    lanes 2 8 gcc -std=gnu99 -O0 -march=native
    lanes 4 4 gcc -std=gnu99 -O0
    lanes 4 8 clang++ -std=c++17 -O1 -mavx2 -mfma
    lanes 8 4 g++ -std=c++17 -O2 -mavx2 -mfma
    lanes 8 8 gcc -std=gnu99 -O3 -march=native
    lanes 16 4 clang -std=c99 -O3 -march=native
    lanes 16 4 gcc -std=gnu99 -O3 -march=native
    lanes 16 4 gcc -std=gnu99 -O2 -march=native -DEIGHT
    lanes 16 4 clang++ -std=c++17 -O2 -mavx2 -mfma -DEIGHT
    lanes 16 8 clang -std=c99 -O1 -DNNC_SOFT_FMA -DNNC_SOFT_SQRT
    elsewhere 4 4 aarch64 -O2
    elsewhere 2 8 aarch64 -O0
    elsewhere 16 4 wasm -O2 -msimd128
    elsewhere 16 4 wasm -O2 -msimd128 -DEIGHT
    elsewhere 2 8 wasm -O0 -msimd128
    halves 1 gcc -std=c99 -O2
    halves 1 clang -std=c99 -O2 -mf16c
    halves 2 clang -std=c99 -O0 -march=native
    halves 4 gcc -std=gnu99 -O2 -msse2
    halves 4 gcc -std=gnu99 -O2 -mf16c
    halves 8 clang -std=c99 -O2 -mavx2 -mfma
    halves 8 gcc -std=gnu99 -O2 -mavx2 -mfma -mf16c
    halves 16 gcc -std=gnu99 -O2 -march=native
    halves 16 clang -std=c99 -O1 -march=native -fsanitize=address,undefined
    halves_elsewhere aarch64 1 -O2
    halves_elsewhere aarch64 4 -O2
    halves_elsewhere wasm 1 -O2
    halves_elsewhere wasm 4 -O2 -msimd128
    program test_real gcc -std=c99 -O2
    program test_random clang -std=c99 -O2
    program test_accuracy gcc -std=c99 -O2 -march=native
    program test_template gcc -std=c99 -O0
    program test_template clang -std=c99 -O0 -DNNC_TEMPLATE_DOUBLE
fi

for compiler in "gcc -std=c99 -pedantic" "clang -std=c99 -mavx2" "g++ -x c++"; do
    joined fine 16 4 16 4 $compiler -Wall -Wextra -Werror
    joined fine 1 8 1 8 $compiler -Wall -Wextra -Werror
    joined refused 16 4 4 4 $compiler
    joined refused 1 4 16 4 $compiler
    joined refused 8 4 4 8 $compiler
    joined refused 1 4 1 8 $compiler
done

distinct=$(printf %s "$hashes" | sort -u | wc -l)
echo "hash $(printf %s "$hashes" | sort -u | tr '\n' ' ')in $(printf %s "$hashes" | wc -l) builds"
if [ "$distinct" -eq 1 ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
fi
distinct=$(printf %s "$half_hashes" | sort -u | wc -l)
echo "hash $(printf %s "$half_hashes" | sort -u | tr '\n' ' ')of all halves in $(printf %s "$half_hashes" | wc -l) builds"
if [ "$distinct" -eq 1 ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
