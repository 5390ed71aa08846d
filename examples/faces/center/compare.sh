#!/usr/bin/env bash
# compare.sh - what the center loss does to an embedding: trains specs/face_center.yaml with softmax alone and with both
# losses, and draws the points of the test set side by side.
#
# compare.sh --data DIR [--out DIR] [--epochs N] [--seed N]
#     --data     a folder with an IDX set of images and labels, .gz or not: files called *train*images*, *train*labels*,
#                and *t10k*... or *test*... (MNIST, Fashion-MNIST, EMNIST, ...)
#     --out      where the picture and the rest are written (build/faces/center)
#     --epochs   instead of the description's 8; --seed: instead of its 1
# $NNC is the program (build/nnc). Sizes of images, number of classes and steps are taken from the data. Writes
# embeddings.png and figures.txt, whole or not at all, besides the descriptions, weights, logs and points that they are
# made of. Needs gnuplot.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
nnc=${NNC:-$root/build/nnc}
spec=$root/specs/face_center.yaml
data='' out=$root/build/faces/center epochs='' seed=''

wrong_usage() {
    echo "compare.sh: $1" >&2
    echo "usage: compare.sh --data DIR [--out DIR] [--epochs N] [--seed N]" >&2
    exit 2
}

fail() {
    echo "$1" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
    --data | --out | --epochs | --seed)
        [ $# -gt 1 ] || wrong_usage "$1 takes a value"
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    *) wrong_usage "'$1' is no option" ;;
    esac
done
[ -n "$data" ] || wrong_usage "--data DIR is missing"
for number in "$epochs" "$seed"; do
    case $number in *[!0-9]* | 0) wrong_usage "'$number' is not a whole number above 0" ;; esac
done
[ -d "$data" ] || fail "$data: error: there is no such folder"
[ -x "$nnc" ] || fail "$nnc is not there: build it first"
command -v gnuplot >/dev/null || fail "gnuplot, which draws, is not installed (Debian: apt-get install gnuplot-nox)"
epochs=${epochs:-$(sed -n 's/^train:.* epochs: \([0-9]*\).*/\1/p' "$spec")}
batch=$(sed -n 's/^train:.* batch: \([0-9]*\).*/\1/p; s/^train: {batch: \([0-9]*\).*/\1/p' "$spec" | head -n 1)
seed=${seed:-1}

# ---- the data ----

# find_file WHAT PATTERN...: the name of the one file of $data that has one of these patterns.
find_file() {
    local what=$1 pattern found=()
    shift
    for pattern in "$@"; do
        while IFS= read -r file; do found+=("$file"); done < <(cd "$data" && compgen -G "$pattern")
    done
    [ ${#found[@]} -eq 1 ] ||
        fail "$data: error: ${#found[@]} files for the $what ($*), instead of one${found[*]:+: ${found[*]}}"
    case ${found[0]} in
    *[!A-Za-z0-9._-]*) fail "$data/${found[0]}: error: the name is to be of letters, digits, '.', '_' and '-'" ;;
    esac
    echo "${found[0]}"
}

# numbers FILE: the bytes of an IDX file, .gz or not, in decimal.
numbers() { gzip -dcf "$data/$1" | od -An -v -tu1 -w1; }

# header FILE RANK: the sizes that an IDX file of bytes declares.
header() {
    (gzip -dcf "$data/$1" 2>/dev/null || true) | head -c $((4 + 4 * $2)) | od -An -v -tu1 -w4 | awk -v rank="$2" '
        NR == 1 && ($1 != 0 || $2 != 0 || $3 != 8 || $4 != rank) { bad = 1 }
        NR > 1 { size = size " " (($1 * 256 + $2) * 256 + $3) * 256 + $4 }
        END { if (bad || NR != rank + 1) exit 1; print substr(size, 2) }' ||
        fail "$data/$1: error: this is no IDX file of bytes with $2 dimension$([ "$2" -eq 1 ] || echo s)"
}

train_images=$(find_file "training images" '*train*images*')
train_labels=$(find_file "training labels" '*train*labels*')
test_images=$(find_file "test images" '*t10k*images*' '*test*images*')
test_labels=$(find_file "test labels" '*t10k*labels*' '*test*labels*')
sizes=$(header "$train_images" 3)
read -r samples height width <<<"$sizes"
header "$train_labels" 1 >/dev/null
header "$test_images" 3 >/dev/null
header "$test_labels" 1 >/dev/null
classes=$(numbers "$train_labels" | awk 'NR > 8 && $1 >= most { most = $1 } END { print most + 1 }')

# ---- the two descriptions ----

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
steps=$((epochs * ((samples + batch - 1) / batch)))
sed -e "s/^input: .*/input: [$height, $width, 1]/" \
    -e "s/dense: {units: [0-9]*, name: logits}/dense: {units: $classes, name: logits}/" \
    -e "s/steps: [0-9]*}}.*/steps: $steps}}/" \
    -e "s|^  train: {inputs: .*|  train: {inputs: '$train_images', targets: '$train_labels'}|" \
    -e "s|^  test: {inputs: .*|  test: {inputs: '$test_images', targets: '$test_labels'}|" \
    "$spec" >"$out/center.yaml"
grep -v '^  - center:' "$out/center.yaml" >"$out/softmax.yaml"

# ---- training, and the points of both sets ----

# points NAME SET IMAGES LABELS: a line for each sample, its class and its embedding.
points() {
    "$nnc" predict "$out/$1.yaml" --weights "$out/$1.safetensors" --numbers "$data/$3" >"$work/values"
    numbers "$4" | awk 'NR > 8 { print $1 }' | paste -d, - "$work/values" | tr ',' ' ' >"$out/$1.$2.txt"
}

# run NAME WHAT: trains, logs, and prints the figures of one description.
run() {
    echo "training $2: $epochs epochs of $samples images, $classes classes; $out/$1.log" >&2
    "$nnc" train "$out/$1.yaml" --data "$data" --epochs "$epochs" --seed "$seed" --running-loss --quiet \
        -o "$out/$1.safetensors" >"$out/$1.log"
    points "$1" train "$train_images" "$train_labels"
    points "$1" test "$test_images" "$test_labels"
    accuracy=$(sed -n 's/^test: .*accuracy \([0-9.]*\) %.*/\1/p' "$out/$1.log")
    awk -f "$here/measure.awk" -v name="$2" -v accuracy="$accuracy" "$out/$1.train.txt" "$out/$1.test.txt"
}

run softmax "softmax alone" >"$work/softmax"
run center "with center loss" >"$work/center"

# ---- figures and picture ----

printf '%-18s %15s %10s %20s\n' "" "within/between" "accuracy" "nearest class mean" >"$work/figures"
cat "$work/softmax" "$work/center" |
    awk -F '\t' '{ printf "%-18s %15.3f %8.2f %% %18.2f %%\n", $1, $2, $3, $4; ratio[NR] = $2 }
        END { printf "%-18s %15.2f\n", "of softmax alone", ratio[2] / ratio[1] }' >>"$work/figures"
(cd "$out" && gnuplot -e "classes = $classes; picture = '$work/picture.png'" "$here/picture.gp") >&2
mv "$work/picture.png" "$out/embeddings.png"
mv "$work/figures" "$out/figures.txt"
cat "$out/figures.txt"
echo "$out/embeddings.png"
