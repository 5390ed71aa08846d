#!/bin/sh
# cc.sh - clang for WebAssembly, without a C library but for what is beside this file: the tests' programs run in node, by
# run.mjs.
#
#     cc.sh -c FLAG... FILE.c -o FILE.o            as clang
#     cc.sh FLAG... FILE.c... -o PROGRAM.wasm      a program; its main is called program_main
#
# The linker is called by name, because clang itself would send what it links through wasm-opt, where that is installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
compile="${CLANG:-clang} --target=wasm32 -ffreestanding -Dmain=program_main -isystem $here/include"
for word in "$@"; do
    # shellcheck disable=SC2086
    [ "$word" != -c ] || exec $compile "$@"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
output=a.wasm
sources=
left=$#
while [ "$left" -gt 0 ]; do # what is neither the output nor a source stays among the words
    word=$1
    shift
    left=$((left - 1))
    case $word in
    -o) output=$1 && shift && left=$((left - 1)) ;;
    *.c) sources="$sources $word" ;;
    *) set -- "$@" "$word" ;;
    esac
done
number=0
for source in $sources; do
    number=$((number + 1))
    $compile "$@" -c "$source" -o "$work/$number.o"
done
$compile -O2 -std=c11 -fno-builtin -c "$here/libc.c" -o "$work/libc.o"
wasm-ld --no-entry --export=program_main --export=malloc -z stack-size=1048576 --stack-first "$work"/*.o -o "$output"
