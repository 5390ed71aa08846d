#!/bin/sh
# Losses of embeddings from the command line: what is trained, stored, evaluated and refused. And the picture of the
# center loss (examples/faces/center) on images that take no time: its figures, its files, and what it says of data that
# it cannot use. run.sh [--full]; $NNC is the program (build/nnc). --full: the figures that docs/faces.md promises, too,
# on MNIST in $DATA/mnist, and
# the gradients of a network of 28 million parameters, in some minutes.
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
NNC=${NNC:-$root/build/nnc}
case $NNC in /*) ;; *) NNC=$(pwd)/$NNC ;; esac
if ! [ -x "$NNC" ]; then
    echo "$NNC is not there: build it first"
    exit 1
fi
CFLAGS=${CFLAGS--O1}
export NNC CFLAGS
compare=$root/examples/faces/center/compare.sh
measure=$root/examples/faces/center/measure.awk
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

passed=0
failed=0
# check WHAT COMMAND...
check() {
    what=$1
    shift
    if "$@" >log 2>&1; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAILED $what"
        cat log
    fi
}

# refuses STATUS MESSAGE ARGUMENTS...: the status, the message, nothing on standard output, and no picture.
refuses() {
    status=$1 message=$2
    shift 2
    "$compare" "$@" >out.txt 2>err.txt
    got=$?
    cat out.txt err.txt
    [ $got -eq "$status" ] && [ ! -s out.txt ] && grep -qF -e "$message" err.txt && [ ! -e refused/embeddings.png ]
}

# ---- figures by hand ----

# Test means (1, 0) and (10, 0), distance 9, each sample 1 away from its own; training means (1, 0) and (2.5, 0).
printf '0 0 0\n0 2 0\n1 2 0\n1 3 0\n' >train.txt
printf '0 0 0\n0 2 0\n1 10 1\n1 10 -1\n' >test.txt
printf 'by hand\t0.111111\t97.5\t75.0000\n' >expected
by_hand() { awk -f "$measure" -v name="by hand" -v accuracy=97.5 train.txt test.txt | diff expected -; }
check "ratio and nearest class mean are not those by hand" by_hand
printf '0 0 0\n0\n' >short.txt
no_point() {
    ! awk -f "$measure" train.txt short.txt && awk -f "$measure" train.txt short.txt 2>&1 | grep -q "line 2 holds no"
}
check "a line without a point passes" no_point

# ---- a set of 16 x 12 images of three classes, half of it packed ----

mkdir set
python3 - <<'PYTHON'
import gzip, random, struct
random.seed(1)
for name, samples, opened in (("train", 96, open), ("t10k", 30, gzip.open)):
    end = ".gz" if opened is gzip.open else ""
    classes = [n % 3 for n in range(samples)]
    with opened(f"set/{name}-images-idx3-ubyte{end}", "wb") as images:
        images.write(struct.pack(">4B3I", 0, 0, 8, 3, samples, 16, 12))
        for c in classes:
            for row in range(16):
                images.write(bytes(random.randrange(40) + (200 if row // 5 == c else 0) for _ in range(12)))
    with opened(f"set/{name}-labels-idx1-ubyte{end}", "wb") as labels:
        labels.write(struct.pack(">4BI", 0, 0, 8, 1, samples) + bytes(classes))
PYTHON

check "compare.sh fails" "$compare" --data set --out made --epochs 3 --seed 2
is_png() { [ "$(head -c 8 made/embeddings.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ]; }
check "embeddings.png is no picture" is_png
is_table() {
    awk '/^softmax alone +[0-9.]+ +[0-9.]+ % +[0-9.]+ %$/ { rows++; alone = $3 }
        /^with center loss +[0-9.]+ +[0-9.]+ % +[0-9.]+ %$/ { rows++; both = $4 }
        /^of softmax alone +[0-9.]+$/ { rows++; ratio = $4 }
        END { exit !(NR == 4 && rows == 3 && (ratio / (both / alone) - 1) ^ 2 < 0.0025) }' made/figures.txt
}
check "figures.txt is no table of three rows" is_table
has_points() {
    [ "$(wc -l <made/center.test.txt)" -eq 30 ] && [ "$(awk 'NF != 3' made/center.train.txt | wc -l)" -eq 0 ]
}
check "the points are not those of the test set" has_points
fits_the_data() {
    grep -q '^input: \[16, 12, 1\]' made/softmax.yaml && grep -q 'units: 3, name: logits' made/softmax.yaml &&
        ! grep -q center: made/softmax.yaml
}
check "the description does not fit the data" fits_the_data
"$compare" --data set --out again --epochs 3 --seed 2 >/dev/null 2>&1
same_again() { cmp made/figures.txt again/figures.txt && cmp made/center.safetensors again/center.safetensors; }
check "the same command gives other figures" same_again

# ---- what it refuses ----

check "no folder" refuses 2 "--data DIR is missing"
check "no such option" refuses 2 "'--date' is no option" --date set
check "no number" refuses 2 "'few' is not a whole number above 0" --data set --epochs few
check "no such folder" refuses 1 "nowhere: error: there is no such folder" --data nowhere --out refused
mkdir empty
check "no images" refuses 1 "empty: error: 0 files for the training images" --data empty --out refused
cp -r set twice && cp set/train-images-idx3-ubyte twice/a-train-images
check "two files of one kind" refuses 1 "twice: error: 2 files for the training images" --data twice --out refused
cp -r set swapped && cp set/train-images-idx3-ubyte swapped/train-labels-idx1-ubyte
check "images for labels" refuses 1 "train-labels-idx1-ubyte: error: this is no IDX file of bytes with 1 dimension" \
    --data swapped --out refused
cp -r set short && head -c 5000 set/train-images-idx3-ubyte >short/train-images-idx3-ubyte
check "images that end early" refuses 1 "short/train-images-idx3-ubyte" --data short --out refused

# ---- losses with weights, with state, and between samples ----

# nnc STATUS TEXT WORD...: the program ends so, with the text in what it prints.
nnc() {
    status=$1 text=$2
    shift 2
    "$NNC" "$@" >out.txt 2>err.txt
    got=$?
    cat out.txt err.txt
    [ $got -eq "$status" ] && { [ -z "$text" ] || cat out.txt err.txt | grep -q -e "$text"; }
}

# described NAME LOSSES: a network of two inputs and an embedding of three numbers, for points of the playground.
described() {
    printf 'network: %s\ninput: [2]\nlayers:\n  - dense: {units: 12, activation: tanh}\n' "$1"
    printf '  - dense: {units: 3, name: embedding}\n  - dense: {units: 2, name: logits}\n%s\n' "$2"
    printf 'output: embedding\noptimizer: adam\ntrain: {batch: 20, epochs: 4}\n'
    printf 'data: {format: playground, pattern: circle, train: 200, test: 100}\n'
}
arcface='  - arcface: {input: embedding, scale: 8}'
center='  - center: {input: embedding, weight: 0.1}'
described arc "loss:
$arcface
  - softmax_cross_entropy: {input: logits}
$center" >arc.yaml
described pairs "loss: {triplet: {classes: 2, input: embedding}}" | grep -v 'name: logits' >pairs.yaml

check "accuracy is not counted by cosines" nnc 0 '^test: loss .*, accuracy' train arc.yaml -o arc.st
check "weights of a loss are not stored" grep -aq '"arcface_1.weight":{"dtype":"F32","shape":\[3,2\]' arc.st
center_is_absent() { ! grep -aq center_1 arc.st; }
check "centers are stored with the weights" center_is_absent
trained=$(sed -n 's/^\(test: loss [^ ]*, accuracy [^ ]*\).*/\1/p' out.txt)
check "stored weights of a loss are not evaluated" nnc 0 "$trained" evaluate arc.yaml --weights arc.st
resumed() {
    nnc 0 '' train arc.yaml --epochs 2 --checkpoint part.checkpoint -o part.st &&
        nnc 0 resumed train arc.yaml --checkpoint part.checkpoint --resume -o part.st && cmp arc.st part.st
}
check "weights and centers of losses do not outlive a stop" resumed
check "centers are not in the checkpoint" grep -aq '"center_1.c":{"dtype":"F32","shape":\[2,3\]' part.checkpoint
sed 's/^train: {/&update: fused, /' arc.yaml >fused.yaml
fused() { nnc 0 '' train fused.yaml -o fused.st && tail -c 400 fused.st >a && tail -c 400 arc.st >b && cmp a b; }
check "a fused update of a loss's weights has other bits" fused
to_torch_and_back() {
    nnc 0 '' convert arc.yaml arc.st --to torch -o torch.st &&
        grep -aq '"arcface_1.weight":{"dtype":"F32","shape":\[2,3\]' torch.st &&
        nnc 0 '' convert arc.yaml torch.st --from torch -o back.st &&
        tail -c 300 back.st >a && tail -c 300 arc.st >b && cmp a b
}
check "weights of a loss do not go to PyTorch and back" to_torch_and_back
without_loss() {
    nnc 0 '' arc.yaml --inference --weights arc.st -o arc.c && grep -q embedding_weight arc.h && ! grep -q arcface arc.h
}
check "prediction holds the weights of a loss" without_loss
predicted() {
    [ "$(printf '0,0\n3,-3\n' | "$NNC" predict arc.yaml --weights arc.st | awk -F, 'NF == 3' | wc -l)" -eq 2 ]
}
check "predict does not give embeddings" predicted
# As many numbers as classes: not to be taken for scores of them.
sed 's/units: 3, name: embedding/units: 2, name: embedding/' arc.yaml >flat.yaml
flat() {
    nnc 0 '' train flat.yaml -q -o flat.st &&
        [ "$(printf '0,0\n' | "$NNC" predict flat.yaml --weights flat.st | awk -F, 'NF == 2' | wc -l)" -eq 1 ]
}
check "predict takes an embedding for scores" flat

check "triplets are no part of a test" nnc 0 '^test: no loss is one of single samples' train pairs.yaml -o pairs.st
check "a column of losses that there are not" grep -Eq '^ +4 +0\.01 +[0-9.]+ +- +-$' out.txt
check "triplets are evaluated" nnc 0 '^test: no loss is one of single samples (100 samples)' \
    evaluate pairs.yaml --weights pairs.st
check "seeds are not compared" nnc 0 '^2 seeds: no loss is one of single samples, so nothing is compared' \
    train pairs.yaml --seeds 2
check "the best epoch by no loss" nnc 1 'a loss must be one of single samples; those of network pairs' \
    train pairs.yaml --patience 2
check "a triplet of a batch of two" nnc 1 'three samples, but the batch has 2' train pairs.yaml --batch 2

printf 'network: few\ninput: [16, 12, 1]\nlayers:\n  - flatten\n  - dense: 4\nloss: {cosface: 2}\n' >few.yaml
printf 'data: {format: idx, train: {inputs: %s, targets: %s}}\n' set/train-images-idx3-ubyte \
    set/train-labels-idx1-ubyte >>few.yaml
check "a class that is out of range" nnc 1 'class 2 of sample 3; the classes of network few are 0 to 1' train few.yaml

# ---- the figures that are promised ----

# Within to between at most half of softmax alone's; accuracy within half a point; nearest class mean at least 97 %.
keeps_promise() {
    CFLAGS=-O2 "$compare" --data "$DATA/mnist" --out promised &&
        awk '/^softmax alone/ { alone = $4 } /^with center/ { both = $5; mean = $7 } /^of softmax/ { ratio = $4 }
            END { exit !(NR == 4 && ratio <= 0.5 && both >= alone - 0.5 && mean >= 97) }' promised/figures.txt
}
if [ "${1:-}" != --full ]; then
    :
elif [ -d "${DATA:-}/mnist" ]; then
    check "the center loss does less than it promises" keeps_promise
    cat promised/figures.txt
else
    echo "skipped: the figures of the center loss, for want of mnist: set DATA to a folder above one named mnist"
fi

# ---- a large network ----

large() { PYTHONPATH="$root/tests/common" python3 -B "$root/tests/embeddings/large.py" .; }
if [ "${1:-}" = --full ]; then check "a step of inception_resnet_v1" large && cat log; fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
