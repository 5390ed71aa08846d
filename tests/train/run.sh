#!/bin/sh
# run.sh [--full] - trains the networks of specs/ and compares what they reach with what is promised. Prints a table and
# ends in `N passed, N failed`.
#
#     NNC=build/nnc    the compiler; $B (build) holds the objects it was made of
#     DATA=DIR         real data: iris.csv, wine.csv, wdbc.csv, boston_housing.csv, california_housing.csv,
#                      optdigits.tra.csv, optdigits.tes.csv, adult-train.csv, data_batch_1_first4000.bin.gz (CIFAR-10),
#                      fsdd-index.csv with its IDX files (spoken digits), orl_faces.tar.gz (faces), and MNIST in a folder
#                      named mnist, each in DIR or in a folder below it. Debian's python3-sklearn serves for the first four, its dataset-fashion-mnist
#                      for Fashion-MNIST. What is nowhere is skipped, with a line that says so.
#
# Without --full: a few small networks with three seeds, in less than half a minute.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$root/build}
NNC=$(realpath "${NNC:-$B/nnc}")
full=no
[ "${1:-}" = --full ] && full=yes
[ "$full" = yes ] || export CFLAGS="${CFLAGS--O1}" # seconds of training are not worth seconds of optimizing
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0
failed=0

count() { # count yes|no
    if [ "$1" = yes ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# ---- data ----

sklearn=/usr/lib/python3/dist-packages/sklearn/datasets/data
debian=$work/debian
mkdir "$debian"
link() { [ ! -e "$sklearn/$1" ] || ln -s "$sklearn/$1" "$debian/$2"; }
link iris.csv iris.csv
link wine_data.csv wine.csv
link breast_cancer.csv wdbc.csv
link boston_house_prices.csv boston_housing.csv

# The folder that has a file: $DATA, one below it, or Debian's. Empty if there is none.
folder_of() {
    for folder in ${DATA:+"$DATA" "$DATA"/*} "$debian"; do
        if [ -e "$folder/$1" ]; then
            echo "$folder"
            return
        fi
    done
}

folder_of_mnist() { # mnist|fashion-mnist
    for folder in ${DATA:+"$DATA/$1"} "/usr/share/datasets/$1"; do
        if [ -e "$folder/train-images-idx3-ubyte.gz" ]; then
            echo "$folder"
            return
        fi
    done
}

# ---- the table ----

line() { printf '%-22s %5s  %10s %10s %10s  %-16s %7s  %s\n' "$@"; }

holds() { awk -v a="$1" -v b="$3" "BEGIN { exit !(a $2 b) }"; } # holds 89.3 '>=' 88.5

spec_of() { # a network of specs/, or one of the tests
    if [ -e "$root/specs/$1.yaml" ]; then echo "$root/specs/$1.yaml"; else echo "$root/tests/train/$1.yaml"; fi
}

# row SPEC SEEDS 'mean|worst' '>=|<' LIMIT [FOLDER]: trains with so many seeds; accuracies are in percent.
row() {
    start=$(date +%s.%N)
    "$NNC" train "$(spec_of "$1")" --seeds "$2" ${6:+--data "$6"} >"$work/out" 2>"$work/err"
    status=$?
    seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
    figures=$(sed -n 's/^[a-z]* of [0-9]* seeds.*: mean \([^ ,]*\).*worst \([^ ,]*\).*best \([^ ,]*\).*/\1 \2 \3/p' "$work/out")
    # shellcheck disable=SC2086
    set -- "$1" "$2" "$3" "$4" "$5" ${figures:-- - -}
    figure=$6
    [ "$3" = mean ] || figure=$7
    good=no
    [ "$status" = 0 ] && [ "$figure" != - ] && holds "$figure" "$4" "$5" && good=yes
    verdict=FAIL
    [ "$good" = yes ] && verdict=ok
    line "$1" "$2" "$6" "$7" "$8" "$3 $4 $5" "$seconds" "$verdict"
    [ "$status" = 0 ] || sed 's/^/    /' "$work/err"
    count "$good"
}

# real FILE SPEC ...: a row whose data may be missing.
real() {
    folder=$(folder_of "$1")
    if [ -n "$folder" ]; then
        shift
        row "$@" "$folder"
    else
        echo "skipped: $2, for want of $1: set DATA to a folder that has it (Debian: python3-sklearn has some)"
    fi
}

images() { # images mnist|fashion-mnist SPEC ...
    folder=$(folder_of_mnist "$1")
    if [ -n "$folder" ]; then
        shift
        row "$@" "$folder"
    else
        echo "skipped: $2, for want of $1: set DATA to a folder above one named $1 (Debian: dataset-fashion-mnist)"
    fi
}

# ---- what a table of seeds cannot show ----

# report NAME yes|no DETAIL
report() {
    verdict=FAIL
    [ "$2" = yes ] && verdict=ok
    printf '%-22s %s  %s\n' "$1" "$3" "$verdict"
    count "$2"
}

helper() { # helper NAME [PROGRAM]: compiles tests/train/NAME.c
    # shellcheck disable=SC2046,SC2086
    ${CC:-cc} -std=c11 -O1 -D_POSIX_C_SOURCE=200809L -I"$root/runtime" -I"$root/runtime/trainer" -o "$work/${2:-$1}" \
        "$root/tests/train/$1.c" "$B"/runtime/trainer/*.o "$B"/runtime/images/*.o ${LDFLAGS:-} \
        $(make -s --no-print-directory -C "$root" libs)
}

# closed SPEC PATTERN LAYER TOLERANCE: the perceptron's three numbers against those computed at once.
closed() {
    noise=$(sed -n 's/.*noise: \([0-9.]*\).*/\1/p' "$root/specs/$1.yaml")
    good=no
    "$NNC" train "$root/specs/$1.yaml" -q -o "$work/weights" >"$work/out" 2>&1 &&
        "$work/closed_form" "$2" "$noise" 1000 "$work/weights" "$3" "$4" >"$work/out" 2>&1 && good=yes
    worst=$(sed -n 's/.*apart //p' "$work/out" | sort -g | tail -1)
    report "$1" "$good" "apart from the closed form by ${worst:-?}, at most $4"
}

# The autoencoder repeats what a healthy machine sounds like, and not what a broken one does.
anomalies() { # anomalies EPOCHS
    mkdir -p "$work/ad"
    "$work/frames" healthy 4000 1 >"$work/ad/train-frames-idx2-float"
    "$work/frames" healthy 500 2 >"$work/ad/healthy"
    "$work/frames" broken 500 3 >"$work/ad/broken"
    "$NNC" train "$root/specs/autoencoder_ad.yaml" --data "$work/ad" --epochs "$1" -q -o "$work/weights" >"$work/out" 2>&1
    for kind in healthy broken; do
        sed "s/^data:.*/data: {format: idx, train: {inputs: $kind}, test: {inputs: $kind}}/" \
            "$root/specs/autoencoder_ad.yaml" >"$work/$kind.yaml"
        "$NNC" evaluate "$work/$kind.yaml" --data "$work/ad" --weights "$work/weights" >"$work/out" 2>&1
        eval "$kind=$(sed -n 's/^test: loss \([^ ]*\).*/\1/p' "$work/out")"
    done
    good=no
    # shellcheck disable=SC2154
    [ -n "$healthy" ] && [ -n "$broken" ] && holds "$broken" '> 2 *' "$healthy" && good=yes
    report autoencoder_ad "$good" "error on healthy frames $healthy, on broken ones $broken, more than twice as much"
}

# A convolutional network learns the direction of stripes, from records that tell planes and pixels apart.
stripes() {
    mkdir -p "$work/stripes"
    "$work/stripes_of" 700 1 >"$work/stripes/stripes_1.bin"
    "$work/stripes_of" 580 2 >"$work/stripes/stripes_2.bin"
    "$work/stripes_of" 400 3 >"$work/stripes/stripes_test.bin"
    row stripes 3 worst '>=' 99 "$work/stripes"
}

# The same network, each speaker held out in turn: far below what it reaches with speakers that it knows.
speakers() {
    folder=$(folder_of fsdd-index.csv)
    [ -n "$folder" ] || return # said already
    sed 's/^  test: .*/  folds: speaker/' "$root/specs/ds_cnn_digits.yaml" >"$work/speakers.yaml"
    "$NNC" train "$work/speakers.yaml" --data "$folder" --epochs 8 >"$work/out" 2>&1
    mean=$(sed -n 's/^accuracy of 6 folds: mean \([^ ]*\).*/\1/p' "$work/out")
    good=no
    [ -n "$mean" ] && holds "$mean" '>=' 65 && good=yes
    report ds_cnn_digits "$good" "${mean:-?} % in the mean of six speakers that were never heard, at least 65"
}

# 4,000 images are learnt by heart: how far the training loss falls says whether a residual network trains.
residual() {
    folder=$(folder_of data_batch_1_first4000.bin.gz)
    if [ -z "$folder" ]; then
        echo "skipped: resnet8_cifar, for want of data_batch_1_first4000.bin.gz: set DATA to a folder that has it"
        return
    fi
    "$NNC" train "$root/specs/resnet8_cifar.yaml" --data "$folder" --history "$work/history" >"$work/out" 2>&1
    loss=$(tail -1 "$work/history" | cut -d, -f5)
    epoch=$(awk -F, 'NR > 1 && $5 < 0.3 { print $1; exit }' "$work/history")
    good=no
    [ -n "$loss" ] && holds "$loss" '<' 0.3 && good=yes
    report resnet8_cifar "$good" "training loss ${loss:-?} after 25 epochs, below 0.3 from epoch ${epoch:-?} on"
}

# A U-Net puts back half of the pixels; left alone, the damaged images are 0.103 off.
restored() {
    folder=$(folder_of_mnist fashion-mnist)
    if [ -z "$folder" ]; then
        echo "skipped: unet, for want of fashion-mnist"
        return
    fi
    mkdir -p "$work/unet"
    for set in train:4000 t10k:1000; do
        python3 "$root/tests/train/damage.py" "$folder/${set%:*}-images-idx3-ubyte.gz" \
            "$work/unet/${set%:*}-damaged-idx3-ubyte.gz" "${set#*:}" "$work/unet/${set%:*}-images-idx3-ubyte.gz"
    done
    "$NNC" train "$root/specs/unet.yaml" --data "$work/unet" -q >"$work/out" 2>&1
    loss=$(sed -n 's/^test: loss \([^ ]*\).*/\1/p' "$work/out")
    good=no
    [ -n "$loss" ] && holds "$loss" '<' 0.035 && good=yes
    report unet "$good" "error ${loss:-?} after two epochs of 4,000 images, below 0.035"
}

# Forty people whom the network knows, from photographs in folders: five of each train, the other five are asked about.
people() {
    folder=$(folder_of orl_faces.tar.gz)
    if [ -z "$folder" ]; then
        echo "skipped: face_small, for want of orl_faces.tar.gz: set DATA to a folder that has it"
        return
    fi
    mkdir -p "$work/orl"
    tar -xzf "$folder/orl_faces.tar.gz" -C "$work/orl"
    sed 's/units: 30/units: 40/; s/steps: 600/steps: 400/; s/split: .*/split: {of_each: 5}}/' \
        "$root/specs/face_small.yaml" >"$work/people.yaml"
    "$NNC" train "$work/people.yaml" --data "$work/orl" --seeds 3 >"$work/out" 2>&1
    worst=$(sed -n 's/^accuracy of 3 seeds: .* worst \([^ ]*\).*/\1/p' "$work/out")
    good=no
    [ -n "$worst" ] && holds "$worst" '>=' 97.5 && good=yes
    report face_small "$good" "${worst:-?} % of 200 pictures of 40 people, the worst of three seeds, at least 97.5"
}

# What networks that repeat their input lose, step by step, beside PyTorch.
falling() {
    for python in ${PYTHON:-python3 /usr/bin/python3}; do
        if "$python" -c 'import torch, yaml' 2>/dev/null; then
            NNC=$NNC PYTHONDONTWRITEBYTECODE=1 "$python" "$root/tests/train/falling.py" >"$work/out" 2>&1
            sed '$d' "$work/out"
            take_counts "$(tail -1 "$work/out")"
            return
        fi
    done
    echo "skipped: falling.py: Python has no PyTorch here (Debian: apt-get install python3-torch)"
}

take_counts() { # 'N passed, N failed'
    more=${1%% passed*}
    bad=${1#*passed, }
    passed=$((passed + more))
    failed=$((failed + ${bad%% failed}))
}

# ---- all of it ----

[ -x "$NNC" ] || { echo "$NNC is not there: make first"; echo "0 passed, 1 failed"; exit 1; }
if [ "$full" = yes ]; then seeds=5 spirals=10 epochs=40; else seeds=3 spirals=3 epochs=8; fi
line network seeds mean worst best required seconds verdict
row net_3_4_2 "$seeds" worst '>=' 99
row circle "$seeds" worst '>=' 99
row spiral "$spirals" worst '>=' 99
if helper stripes stripes_of; then stripes; else count no; fi
real iris.csv iris 5 mean '>=' 95
if [ "$full" = yes ]; then
    row net_3_4_4_1 "$seeds" worst '>=' 99
    row xor "$seeds" worst '>=' 99
    row gauss "$seeds" worst '>=' 99
    row plane "$seeds" worst '<' 1e-10
    row gauss_regression "$seeds" worst '<' 0.005
    row spiral_x1_x2 "$spirals" worst '>=' 99
    row perceptron_class 3 worst '>=' 95
    row perceptron_regression 3 worst '<' 0.03
    real wine.csv wine 5 mean '>=' 96
    real wdbc.csv wdbc 5 mean '>=' 96
    real boston_housing.csv boston 5 worst '<' 0.15
    real california_housing.csv california 5 worst '<' 0.25
    real optdigits.tra.csv digits 5 worst '>=' 96.5
    images mnist mnist_mlp 3 worst '>=' 98.0
    images fashion-mnist fashion_mlp 3 worst '>=' 88.5
    images mnist lenet5 3 worst '>=' 99.0
    images fashion-mnist lenet5_fashion 3 worst '>=' 90.5
    real adult-train.csv adult 3 worst '>=' 85
    real fsdd-index.csv ds_cnn_digits 3 worst '>=' 98.5
fi
echo
if helper closed_form && helper frames; then
    closed perceptron_regression plane dense_1 1e-6
    closed perceptron_class gauss logit 1e-5
    anomalies "$epochs"
else
    count no
fi
if [ "$full" = yes ]; then
    speakers
    residual
    restored
    people
    falling
fi
commands=$(NNC="$NNC" sh "$root/tests/train/commands.sh") || true
printf '%s\n' "$commands" | sed '$d'
take_counts "$(printf '%s\n' "$commands" | tail -1)"
echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
