#!/bin/sh
# Schedule files: every tile that they can ask for gives the same bits; what `nnc tune` writes is read; what does not fit is
# refused. run.sh [--full]; B is the build folder (build), $NNC the program. The last line is `N passed, N failed`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
build=${B:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make --no-print-directory B="$build" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
# The program that makes the schedules takes what it needs of the compiler.
# shellcheck disable=SC2046
ar rcs "$work/nnc.a" $(find "$build/compiler" "$build/runtime" -name '*.o' ! -name main.o) "$build/embedded.o"
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
    -O1 -g -Icompiler -Iruntime -Iruntime/trainer -o "$work/rounds" tests/tune/rounds.c "$work/nnc.a" \
    $(make -s --no-print-directory libs)
ROUNDS="$work/rounds" PYTHONPATH="$here/../common" PYTHONDONTWRITEBYTECODE=1 "${PYTHON:-python3}" "$here/tune.py" "$@"
