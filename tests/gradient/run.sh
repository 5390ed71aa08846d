#!/bin/sh
# The gradients of all templates, the mutants that must be caught, and `nnc check` on networks that are right and wrong.
# run.sh [--full] [NAME...]; B is the build folder (build). --full: many more networks, the mutants on others, all specs.
# With names only the gradients and the mutants of those templates.
set -eu
cd "$(dirname "$0")/../.."
build=${B:-build}
full=false
[ "${1:-}" = --full ] && full=true && shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

make --no-print-directory B="$build" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }

# ---- build: the tests are linked with the compiler's objects ----

flags="-std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -O1 -g
    -Icompiler -Iruntime -Iruntime/trainer -Itests/gradient"
here=$build/tests/gradient
mkdir -p "$here"
rm -f "$here/objects.a"
ar rc "$here/objects.a" $(find "$build/compiler" "$build/runtime" -name '*.o' ! -name main.o) "$build/embedded.o"
for source in tests/gradient/*.c; do
    object=$here/$(basename "$source" .c).o
    if [ ! -e "$object" ] || [ -n "$(find compiler runtime tests/gradient -name '*.h' -newer "$object")" ] ||
        [ "$source" -nt "$object" ]; then
        ${CC:-cc} $flags -c "$source" -o "$object"
    fi
done
rm -f "$here/pieces.a"
ar rc "$here/pieces.a" $(find "$here" -name '*.o' ! -name suite.o ! -name mutants.o)
for program in suite mutants; do
    # shellcheck disable=SC2046
    ${CC:-cc} -o "$here/$program" "$here/$program.o" "$here/pieces.a" "$here/objects.a" \
        $(make -s --no-print-directory libs)
done

# ---- suite and mutants ----

# Adds the counts of a program's last line.
run() {
    "$@" >"$work/log" 2>&1 || true
    cat "$work/log"
    line=$(tail -n 1 "$work/log")
    case $line in
    *" passed, "*" failed") ;;
    *)
        echo "FAILED $* did not end"
        line="0 passed, 1 failed"
        ;;
    esac
    passed=$((passed + ${line%% passed*}))
    wrong=${line##* passed, }
    failed=$((failed + ${wrong%% failed}))
}

lists="tests/gradient/ties.txt tests/gradient/equivalent.txt"
if $full; then
    run "$here/suite" tests/templates tests/gradient/ties.txt 100 8 2 "$@"
    run "$here/mutants" tests/templates $lists 2 "$@"
else
    run "$here/suite" tests/templates tests/gradient/ties.txt 8 1 1 "$@"
fi
run "$here/mutants" tests/templates $lists 1 "$@"
if [ $# -gt 0 ]; then
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
fi

# ---- nnc check: right networks pass, wrong templates fail ----

$full || export CFLAGS="${CFLAGS--O1}"

check() { # SPEC OPTIONS...
    if "$build/nnc" check "$@" >"$work/log" 2>&1 && tail -n 1 "$work/log" | grep -q '^PASS'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED nnc check $*"
        cat "$work/log"
    fi
}

# wrong NAME SED: dense with this change must not pass.
wrong() {
    mkdir -p "$work/templates/layers"
    sed "$2" templates/layers/dense.c >"$work/templates/layers/dense.c"
    status=0
    "$build/nnc" check "$work/small.yaml" --templates "$work/templates" >"$work/log" 2>&1 || status=$?
    if ! cmp -s templates/layers/dense.c "$work/templates/layers/dense.c" && [ $status -eq 1 ] &&
        tail -n 1 "$work/log" | grep -q '^FAIL'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED nnc check does not see that $1 (exit status $status)"
        cat "$work/log"
    fi
}

cat >"$work/small.yaml" <<'SPEC'
network: small
input: [6]
layers:
  - dense: {units: 70, activation: relu}
  - dropout: 0.3
  - dense: {units: 5, activation: tanh}
  - dense: 3
loss: softmax_cross_entropy
SPEC
check "$work/small.yaml"
check "$work/small.yaml" --all --seed 2
wrong "a gradient is too large by a hundred-thousandth" 's/dw\[i\]\[o\] = sum;/dw[i][o] = sum * (float)1.00001;/'
wrong "a gradient is 0" 's/dw\[i\]\[o\] = sum;/dw[i][o] = 0.0f;/'
wrong "one element of a gradient is wrong" 's/dw\[i\]\[o\] = sum;/dw[i][o] = i == I - 1 \&\& o == O - 1 ? -sum : sum;/'
wrong "the gradient of the input has lost a sign" 's/dx\[n\]\[m\]\[i\] = sum;/dx[n][m][i] = -sum;/'
wrong "the gradient of the bias is missing" 's/db\[o\] = sum;/db[o] = 0.0f;/'

# Where a loss takes seconds, so that thousands of them take hours, a twin of the same layers is checked, on small images.
twin() { # SPEC SIDE
    mkdir -p "$work/twins"
    awk -v side="$2" -f tests/gradient/twin.awk "$1" >"$work/twins/$(basename "$1")"
    check "$work/twins/$(basename "$1")"
}

whole=
twins=
for spec in specs/*.yaml; do
    grep -q '^loss:' "$spec" || continue
    name=$(basename "$spec" .yaml)
    case $name in
    iris | net_3_4_2 | spiral | fashion_mlp | lenet5) check "$spec" ;;
    *)
        $full || continue
        case $name in
        alexnet*) twin "$spec" 67 ;;
        inception_resnet_v1) twin "$spec" 79 ;;
        vgg16 | *resnet18 | *resnet50 | resnet152) twin "$spec" 33 ;;
        *) check "$spec" ;;
        esac
        ;;
    esac
    if [ -e "$work/twins/$name.yaml" ]; then twins="$twins $name"; else whole="$whole $name"; fi
done
echo "nnc check of whole specs:$whole"
[ -z "$twins" ] || echo "nnc check of small twins (images, filters and repetitions reduced):$twins"
if $full; then
    for spec in tests/networks/*.yaml; do
        [ ! -e "$spec" ] || check "$spec" --templates tests/templates
    done
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
