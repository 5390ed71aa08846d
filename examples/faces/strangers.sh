#!/usr/bin/env bash
# strangers.sh --data DIR [--seeds N] [--out DIR] - how well a network that was trained with thirty of ORL's forty people
# tells the other ten apart. DIR holds orl_faces with its folders s1 to s40; `nnc` is $NNC, or found in PATH.
#
# specs/face_small.yaml is trained four times a seed, each ten people in turn being the strangers, and `faces evaluate`
# asks about them. Prints a line for each training, and at the end the means; the networks and what they said stay in the
# folder --out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
spec=$here/../../specs/face_small.yaml
data='' seeds=3 out=strangers

usage() {
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || usage
    case $1 in
    --data) data=$2 ;;
    --seeds) seeds=$2 ;;
    --out) out=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[ -n "$data" ] || usage
[ -d "$data/orl_faces/s40" ] || { echo "strangers.sh: error: there is no orl_faces with s1 to s40 in '$data'" >&2 && exit 1; }
nnc=${NNC:-nnc}
mkdir -p "$out"
out=$(cd "$out" && pwd)
data=$(cd "$data" && pwd)

# s11,s12,...,s20
people_from() { seq -f 's%g' -s, "$1" "$(($1 + 9))"; }

# The figures of `faces evaluate`, of the network and of the pixels: one enrolled, five by their mean, five by the most
# similar, equal error.
figures() { awk '/^rank-1|^equal error/ { gsub("%", ""); printf "%s %s ", $(NF - 1), $NF }' "$1"; }

# shellcheck disable=SC2016
row='{ printf "%-14s", $1; for (i = 2; i <= 9; i++) printf "%9.2f", $i; print $10 == "" ? "" : sprintf("%9.1f", $10) }'

echo "%             rank-1, one      five, mean        five, nearest     equal error       seconds of"
echo "              network  pixels   network  pixels   network  pixels   network  pixels   training"
: >"$out/figures"
for seed in $(seq "$seeds"); do
    for first in 1 11 21 31; do
        name=seed${seed}_s$first
        people=$(people_from "$first")
        sed "s/by_class: \[.*\]/by_class: [$people]/; s/seed: 1/seed: $seed/" "$spec" >"$out/$name.yaml"
        started=$(date +%s%N)
        "$nnc" train "$out/$name.yaml" --data "$data" -o "$out/$name.safetensors" >"$out/$name.log" 2>&1
        seconds=$((($(date +%s%N) - started) / 100000000))
        make -s -C "$here" NNC="$nnc" B="$out/$name" SPEC="$out/$name.yaml" WEIGHTS="$out/$name.safetensors"
        "$out/$name/faces" evaluate "$data/orl_faces" --people "$people" >"$out/$name.txt"
        echo "$name $(figures "$out/$name.txt") $((seconds / 10)).$((seconds % 10))" | tee -a "$out/figures" | awk "$row"
    done
done
awk '{ for (i = 2; i <= 9; i++) sum[i] += $i }
    END { printf "mean"; for (i = 2; i <= 9; i++) printf " %f", sum[i] / NR; print "" }' "$out/figures" | awk "$row"
