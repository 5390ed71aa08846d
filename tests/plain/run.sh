#!/bin/sh
# `nnc check --only bits`: what is printed for a target has the bits of plain loops, and C that has not is seen.
# run.sh [--full]; B is the build folder (build). --full: every description of specs/, for every target of this machine.
set -eu
cd "$(dirname "$0")/../.."
build=${B:-build}
nnc=${NNC:-$build/nnc}
full=false
[ "${1:-}" = --full ] && full=true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

make --no-print-directory B="$build" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
$full || export CFLAGS="${CFLAGS--O1}"

count() { # NAME yes|no
    if [ "$2" = yes ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1"
        cat "$work/log"
    fi
}

# says NAME STATUS PATTERN ARGUMENTS...: `nnc check` with these ends so, and says that.
says() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    status=0
    "$nnc" check "$@" >"$work/log" 2>&1 || status=$?
    good=no
    if [ "$status" = "$wanted" ] && grep -q -e "$pattern" "$work/log"; then good=yes; fi
    count "$name" $good
}

same() { # SPEC OPTIONS...
    says "$*" 0 '^PASS: for .* have the bits of plain loops$' "$@" --only bits
}

processor() { grep -q "^flags.*\b$1\b" /proc/cpuinfo 2>/dev/null; }

targets="native cortex-m0 cortex-m7"
if processor sse2; then targets="$targets sse"; fi
if processor avx2; then targets="$targets avx2"; fi

# ---- tails, borders and blocks of samples, for each target ----

cat >"$work/odd.yaml" <<'SPEC'
network: odd
input: [9, 7, 3]
layers:
  - conv2d: {filters: 10, kernel: 3, padding: 1, activation: relu}
  - max_pool2d: 2
  - conv2d: {filters: 33, kernel: 2, stride: 2}
  - batch_norm
  - relu
  - dense: {units: 70, activation: tanh}
  - dropout: 0.3
  - dense: 5
loss: softmax_cross_entropy
optimizer: adam
train: {batch: 21}
SPEC
for target in $targets; do
    same "$work/odd.yaml" --target "$target" --numerics separate
done
same "$work/odd.yaml" --predict-batch 5
same "$work/odd.yaml" --dtype float64 --seed 7
same "$work/odd.yaml" --batch 1
same "$work/odd.yaml" --threads
same specs/lenet5.yaml
same tests/common/wide.yaml # weights that are packed for the lanes
same tests/common/carried.yaml
same tests/common/rounds.yaml --predict-batch 160
same tests/common/rounds.yaml --target sse --numerics separate --dtype float64
says "both halves" 0 '^PASS: 10 tensors' "$work/odd.yaml"
says "both halves, the second" 0 '^PASS: for this machine, batch 21, float32, fused: 3 steps' "$work/odd.yaml"
says "target c has one half" 0 '^PASS: 10 tensors' "$work/odd.yaml" --target c
count "target c has only one" "$([ "$(grep -c '^PASS' "$work/log")" = 1 ] && echo yes || echo no)"
says "fast has one half" 0 '^PASS: 10 tensors' "$work/odd.yaml" --numerics fast
count "fast has only one" "$([ "$(grep -c '^PASS' "$work/log")" = 1 ] && echo yes || echo no)"

# ---- C that is wrong, and only with lanes ----

# A compiler that first changes what has lanes, by $EDIT.
cat >"$work/cc" <<'SCRIPT'
#!/bin/sh
for word; do
    case $word in
    */net.c) grep -q nnc_store_part "$word" && sed -i "$EDIT" "$word" ;;
    esac
done
exec ${REAL_CC:-cc} "$@"
SCRIPT
chmod +x "$work/cc"

wrong() { # NAME EDIT PATTERN
    export EDIT="$2" REAL_CC="${CC:-cc}"
    CC="$work/cc" says "$1" 1 "^FAIL: for this machine, batch 21, float32, fused: $3" "$work/odd.yaml" --only bits
}

if [ "$("$nnc" "$work/odd.yaml" --target native -o - 2>/dev/null | grep -c nnc_store_part)" -gt 0 ]; then
    wrong "a tail that is one lane short" 's/\(nnc_store_part(.*\), 10);$/\1, 9);/' 'the loss of step 1 is '
    wrong "a sum that does not begin with 0" 's/= nnc_splat(0\.0f);/= nnc_splat(1e-3f);/' 'the loss of step 1 is '
    wrong "an optimizer that rounds twice" 's/nnc_vfma(nnc_splat(0\.9f), \(nnc_load([^()]*)\), /(nnc_splat(0.9f) * \1 + /' 'after step'
    wrong "a prediction alone" '/^void odd_predict(/,/^}/s/arena + [1-9][0-9]*;/arena + 0;/' 'a prediction: element'
fi

# ---- what cannot be asked ----

says "another half" 2 "error: 'speed' is not what is checked: gradients or bits" "$work/odd.yaml" --only speed
says "nothing to compare with" 2 "error: target 'c' has the plain loops" "$work/odd.yaml" --only bits --target c
says "no bits are promised" 2 'error: fast numerics promise no bits' "$work/odd.yaml" --only bits --numerics fast
says "another machine's vectors" 2 "error: 'wasm' is a target of other machines" "$work/odd.yaml" --target wasm
says "no spec" 2 'error: ' --only bits
sed 's/^loss:.*//' "$work/odd.yaml" >"$work/mute.yaml"
says "no loss" 1 'mute.yaml:1:10: error: this network has no loss' "$work/mute.yaml" --only bits
{ cat "$work/odd.yaml" && echo 'blocks: {spare: {layers: [relu]}}'; } >"$work/spare.yaml"
says "a warning" 0 'warning: ' "$work/spare.yaml" --only bits
count "is told once" "$([ "$(grep -c warning: "$work/log")" = 1 ] && echo yes || echo no)"

# ---- all there is ----

if $full; then
    mkdir "$work/twins"
    for spec in specs/*.yaml; do
        grep -q '^loss:' "$spec" || continue
        name=$(basename "$spec" .yaml)
        case $name in # what takes plain loops minutes is a twin of the same layers, on small images
        alexnet*) side=67 ;;
        inception_resnet_v1) side=79 ;;
        vgg16 | *resnet18 | *resnet50 | resnet152) side=33 ;;
        *) side= ;;
        esac
        if [ -n "$side" ]; then
            awk -v side="$side" -f tests/gradient/twin.awk "$spec" >"$work/twins/$name.yaml"
            spec=$work/twins/$name.yaml
        fi
        for target in $targets; do
            same "$spec" --target "$target" --numerics separate --predict-batch 3
        done
        same "$spec" --predict-batch 18
    done
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
