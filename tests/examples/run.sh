#!/bin/sh
# Builds and runs the programs of examples/, with two compilers, as strict C99, unoptimised and optimised: every build
# must print the digits that stand in train.txt, and keep the same parameters. The firmware must print on its emulated
# board what stands in firmware.txt, and the same digits in a process of this computer.
#
# run.sh [--full|--update]     $NNC is the program (build/nnc). --full runs the firmware on a second board, and under the
#                              sanitizers; --update writes train.txt, predict.txt and firmware.txt anew, for review
#
# shellcheck disable=SC2086 # $warnings are several words
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
nnc=${NNC:-$root/build/nnc}
case $nnc in /*) ;; *) nnc=$(pwd)/$nnc ;; esac
if ! [ -x "$nnc" ]; then
    echo "$nnc is not there: build it first"
    exit 1
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
update=false
[ "${1:-}" = --update ] && update=true
embed=$root/examples/embed
include=$("$nnc" --print-include)
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

passed=0
failed=0
# check WHAT COMMAND...: the command's output is shown if it fails.
check() {
    what=$1
    shift
    if "$@" >"$work/log" 2>&1; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAILED $what"
        cat "$work/log"
    fi
}

# prints EXPECTED INPUT COMMAND...: the command succeeds and prints the text of the file EXPECTED.
prints() {
    expected=$1
    input=$2
    shift 2
    "$@" <"$input" >"$work/printed" && diff -u "$expected" "$work/printed"
}

mkdir "$work/scalar" "$work/native" "$work/constant"
check "nnc" "$nnc" "$embed/net.yaml" -o "$work/scalar/circle.c"
check "nnc --target native" "$nnc" "$embed/net.yaml" --target native -o "$work/native/circle.c"
echo 0.1 0.2 0.9 -0.8 >"$work/points"

# build FOLDER PROGRAM COMPILER FLAGS...
build() {
    folder=$work/$1
    program=$2
    shift 2
    "$@" $warnings -I "$include" -I "$folder" "$embed/$program.c" "$folder/circle.c" -o "$work/$program"
}

both() {
    check "train.c with $*" build "$@"
    check "train, built with $*" prints "$here/train.txt" /dev/null "$work/train" "$work/parameters"
    [ -e "$work/parameters.first" ] || cp "$work/parameters" "$work/parameters.first"
    check "the parameters of train, built with $*" cmp "$work/parameters" "$work/parameters.first"
    shift 2
    check "predict.c with $*" build scalar predict "$@"
    check "predict, built with $*" prints "$here/predict.txt" "$work/points" "$work/predict" "$work/parameters"
}

if $update; then
    build scalar train cc && "$work/train" "$work/parameters" >"$here/train.txt"
    build scalar predict cc && "$work/predict" "$work/parameters" <"$work/points" >"$here/predict.txt"
fi
for compiler in gcc clang; do
    command -v $compiler >/dev/null || { echo "skipped: there is no $compiler"; continue; }
    both scalar train $compiler -std=c99 -O0
    both scalar train $compiler -std=c99 -O3 -march=native
    both native train $compiler -std=c99 -O2 -march=native
done

check "predict without a file fails" sh -c "! '$work/predict' '$work/nowhere'"

# The weights as constants, from the network's own training.
check "nnc train" "$nnc" train "$embed/net.yaml" --quiet -o "$work/circle.safetensors"
check "nnc --inference --weights" "$nnc" "$embed/net.yaml" --inference --weights "$work/circle.safetensors" \
    -o "$work/constant/constant_net.c"
check "constant.c" cc -std=c99 -O2 $warnings -I "$include" -I "$work/constant" "$embed/constant.c" \
    "$work/constant/constant_net.c" -o "$work/constant/program"
echo "the center is inside with probability 1.000" >"$work/expected"
check "constant" prints "$work/expected" /dev/null "$work/constant/program"

# The examples' own Makefile, on a copy.
cp -r "$embed" "$work/copy"
check "make run" make -C "$work/copy" NNC="$nnc" run

# The firmware: its words, but for what the compiler's version changes; and what it has learnt is worth learning.
told() { grep -v '^board:' "$1"; }
firmware() {
    make -s -C "$work/firmware" NNC="$nnc" WARNINGS="$warnings" run >"$work/firmware.txt" &&
        grep -q '^this computer: the same' "$work/firmware.txt"
}
# An STM32F405, for which nothing but the flash's place is changed.
on_second_board() {
    sed -i 's/ORIGIN = 0x00000000/ORIGIN = 0x08000000/' "$work/firmware/board/link.ld" &&
        make -s -C "$work/firmware" NNC="$nnc" WARNINGS="$warnings" MACHINE=netduinoplus2 run >"$work/second.txt" &&
        told "$work/second.txt" >"$work/second" && diff -u "$work/stored" "$work/second"
}
under_sanitizers() {
    make -s -C "$work/firmware" -B NNC="$nnc" CC="gcc -g -fsanitize=address,undefined -fno-sanitize-recover=all" \
        build/computer && "$work/firmware/build/computer" >"$work/sanitized" &&
        cmp "$work/sanitized" "$work/firmware/build/computer.txt"
}
as_stored() {
    told "$here/firmware.txt" >"$work/stored" && told "$work/firmware.txt" >"$work/got" && diff -u "$work/stored" "$work/got"
}
# has_learnt LEAST: percent of the samples that were held out, after the last epoch; comparing comes nowhere near.
has_learnt() {
    awk -v least="$1" '/^epoch/ { reached = $(NF - 1) } /^without/ { other = $(NF - 1) > other ? $(NF - 1) : other }
        END { exit !(reached >= least && other > 0 && other <= least - 30) }' "$work/firmware.txt"
}
cp -r "$root/examples/firmware" "$work/firmware"
rm -rf "$work/firmware/build"
if ! command -v arm-none-eabi-gcc >/dev/null && [ "${NNC_ANY_SYSTEM:-}" ]; then
    echo "skipped: there is no arm-none-eabi-gcc, the firmware is not run"
else
    check "make run of examples/firmware" firmware
    if $update; then cp "$work/firmware.txt" "$here/firmware.txt"; fi
    check "what the firmware prints" as_stored
    check "the firmware's accuracy" has_learnt 90
    check "the firmware with clang" make -s -C "$work/firmware" -B NNC="$nnc" WARNINGS="$warnings" CC=clang build/computer
    "$work/firmware/build/computer" >"$work/by_clang"
    check "the firmware's digits with clang" cmp "$work/by_clang" "$work/firmware/build/computer.txt"
    if [ "${1:-}" = --full ]; then
        check "the firmware on a second board" on_second_board
        check "the firmware under the sanitizers" under_sanitizers
    fi
fi

# A layer of one's own: proved, and a wrong one found.
layer=$root/examples/layer
check "nnc check of examples/layer" "$nnc" check "$layer/net.yaml" --templates "$layer"
check "prelu.c is C99" cc -std=c99 -c $warnings -I "$root/templates/layers" "$layer/layers/prelu.c" -o "$work/prelu.o"
mkdir -p "$work/wrong/layers"
sed 's/: a\[c\] \* dy\[n\]\[m\]\[c\]/: dy[n][m][c]/' "$layer/layers/prelu.c" >"$work/wrong/layers/prelu.c"
check "the wrong layer differs" sh -c "! cmp -s '$layer/layers/prelu.c' '$work/wrong/layers/prelu.c'"
check "nnc check finds a wrong layer" sh -c "! '$nnc' check '$layer/net.yaml' --templates '$work/wrong'"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
