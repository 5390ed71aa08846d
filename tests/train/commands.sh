#!/bin/sh
# commands.sh - what the commands train, evaluate and predict promise: exit status, files, the same bits. Needs no data.
# Ends in `N passed, N failed`. NNC=build/nnc is the compiler.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
NNC=${NNC:-$root/build/nnc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 1
passed=0
failed=0

good() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAIL $*"
    tail -n 20 out err | sed 's/^/    /'
}
nnc() { "$NNC" "$@" >out 2>err; }

# expect STATUS TEXT ...: runs nnc; it must end so, with the text in what it printed.
expect() {
    want=$1 text=$2
    shift 2
    nnc "$@"
    got=$?
    if [ "$got" = "$want" ] && { [ -z "$text" ] || cat out err | grep -q -e "$text"; }; then good; else bad "nnc $*: status $got, not $want"; fi
}

same() { # same FILE FILE WHAT
    if cmp "$1" "$2" >out 2>err; then good; else bad "$3"; fi
}

spec=net.yaml
cat >net.yaml <<'END'
network: net
input: [2]
layers:
  - dense: {units: 6, activation: tanh}
  - dropout: 0.1
  - dense: {units: 1, name: logit}
loss: binary_cross_entropy
optimizer: adam
learning_rate: {cosine: {start: 0.02, steps: 400}}
train: {batch: 30, epochs: 4, seed: 3}
data: {format: playground, pattern: circle, train: 400, test: 100}
END

# ---- wrong usage is 2, wrong input 1; nothing is left behind ----

expect 2 'needs a SPEC' train
expect 2 'unknown option --colour' train $spec --colour
expect 2 '2.yaml' train $spec 2.yaml
expect 2 'not a target' train $spec --target z80
expect 2 'target of other machines' train $spec --target wasm
expect 2 'target of other machines' check $spec --target wasm
expect 0 'neon' report $spec --target neon
expect 0 'no fused multiply-add' report $spec --target wasm
expect 2 'not a kind of numerics' train $spec --numerics=exact
expect 2 'not a dtype' train $spec --dtype float16
expect 2 'needs a value' train $spec --epochs
expect 2 'takes 1 or more' train $spec --epochs 0
expect 2 'needs --weights' evaluate $spec
expect 2 'needs --weights' predict $spec
expect 0 '--patience' train --help
expect 0 'target is native' train --help
expect 0 'target is native' bench --help
expect 0 'target is c' report --help
expect 0 '--threads' train --help
expect 2 'takes no value' train $spec --threads=2
expect 2 'OMP_NUM_THREADS' $spec --threads=2 -o net.c
expect 2 'a second spec' $spec --threads 2 -o net.c
expect 0 '--seed N' check --help
expect 0 '--weights' evaluate --help
expect 0 '--numbers' predict --help
expect 1 'missing.yaml' train missing.yaml
expect 1 'missing/w' train $spec -o missing/w
expect 1 'missing.st' evaluate $spec --weights missing.st
sed '/^data/d' $spec >no_data.yaml
expect 1 "no_data.yaml:1:10: error: 'train' needs the samples" train no_data.yaml
sed '/^loss/d' $spec >no_loss.yaml
expect 1 'no loss' train no_loss.yaml
sed 's/^data.*/data: {format: csv, train: {file: missing.csv}}/' $spec >no_file.yaml
expect 1 'missing.csv' train no_file.yaml --data . -o w.st
if [ -e w.st ]; then bad 'a failed training left weights'; else good; fi
# ---- what is missing is told before the C compiler is asked ----
compiler=${CC:-cc}
export CC=false
expect 1 'missing.csv: error: cannot read it' train no_file.yaml --data .
expect 1 'missing.st: error: cannot read it' evaluate $spec --weights missing.st
expect 1 'missing.st: error: cannot read it' predict $spec --weights missing.st
expect 1 'the C compiler failed' train $spec
expect 1 'needs OpenMP' train $spec --threads
export CC="$compiler"
printf '1,2,1\n1,two,0\n' >words.csv
sed 's/^data.*/data: {format: csv, train: {file: words.csv}}/' $spec >words.yaml
expect 1 'words.csv:2' train words.yaml --data .

# ---- the same bits: again, without lanes, after a stop ----

plot=
command -v gnuplot >/dev/null && plot='--plot curves.svg'
# shellcheck disable=SC2086
expect 0 '^test: loss' train $spec -q -o once.st --history history.csv $plot
cp out figures
expect 0 '^test: loss' train $spec -q -o plain.st --target c
same once.st plain.st 'again, without lanes, the bits differ'
expect 0 '^test: loss' train $spec -q -o threads.st --threads --target c --batch 3000
expect 0 '^test: loss' train $spec -q -o thread.st --target c --batch 3000
same threads.st thread.st 'with threads the bits differ'
printf '#!/bin/sh\nfor word do shift; [ "$word" = -fopenmp ] || set -- "$@" "$word"; done\nexec %s "$@"\n' "$compiler" >no_openmp
chmod +x no_openmp
CC=./no_openmp expect 1 'the C compiler makes no threads' train $spec --threads --target c --batch 3000
rm no_openmp
expect 0 '^test: loss' evaluate $spec --weights once.st -q --threads
expect 0 'one thread: no loop is large enough' bench $spec --threads --totals --time 10
expect 0 'target c, lanes 1, float32, batch 3000, [0-9a-z]* thread' bench $spec --threads --target c --totals --time 10 --batch 3000
expect 0 'stopped early' train $spec -o seed.st --seed 4 --epochs 400 --patience 3
expect 0 '' train $spec -q -o half.st --epochs 2 --checkpoint run.checkpoint
expect 0 'resumed' train $spec -q -o whole.st --checkpoint run.checkpoint --resume
same once.st whole.st 'a resumed run ends in other bits'
"$NNC" train $spec -o stopped.st --epochs 50000 >out 2>err &
process=$!
for _ in $(seq 100); do
    grep -q '^  *3 ' out && break
    sleep 0.2
done
kill -TERM $process
wait $process
if [ $? = 143 ] && [ -s stopped.st.checkpoint ] && [ ! -e stopped.st ]; then good; else bad 'an interrupted run'; fi
expect 0 'resumed' train $spec -q -o stopped.st --resume --epochs 50000 --patience 1
expect 0 '^test: loss' train $spec -q -o wide.st --dtype float64
if [ "$(wc -c <wide.st)" -gt "$(wc -c <once.st)" ]; then good; else bad 'float64 weights are no larger'; fi
if [ "$(wc -l <history.csv)" = 5 ]; then good; else bad 'the history has not a header and 4 lines'; fi
if [ -z "$plot" ] || grep -q '</svg>' curves.svg; then good; else bad 'no plot'; fi

# ---- what is stored is what was trained ----

expect 0 '^test: loss' evaluate $spec --weights once.st
trained=$(sed -n 's/^test: loss \([^ ,]*\), accuracy \([^ ]*\).*/\1 \2/p' figures)
stored=$(sed -n 's/^test: loss \([^ ,]*\), accuracy \([^ ]*\).*/\1 \2/p' out)
if [ -n "$trained" ] && [ "$trained" = "$stored" ]; then good; else bad "trained $trained, evaluated $stored"; fi
printf '0,0\n5,0\n0,-5\n' >points
"$NNC" predict $spec --weights once.st <points >sides 2>err
if awk '{ if (NR == 1 ? $1 > 0 : $1 < 0) n++ } END { exit n != 3 }' sides; then good; else bad 'predict: a wrong side'; fi
expect 0 '' predict no_data.yaml --weights once.st -o answers points
same sides answers 'predict of a file, without a data section, differs from predict of lines'

# ---- photographs: folders of pictures, changed at random; a cache, a cut picture, people who do not train ----

mkdir -p people
for person in ann bob "eve of kent" joe; do
    mkdir "people/$person"
    for number in 1 2 3 4 5 6 7 8 9 10; do
        {
            printf 'P5 12 12 255\n'
            awk -v seed="$person$number" -v name="$person" 'BEGIN {
                for (i = 1; i <= length(seed); i++) noise = noise * 31 + index("annbobeveofkentjoe 0123456789", substr(seed, i, 1))
                at = index("abej", substr(name, 1, 1))
                for (i = 0; i < 144; i++) {
                    noise = (noise * 1103 + 12345) % 65536
                    printf "%c", 33 + noise % 20 + (int(i / 36) == at - 1 ? 60 : 0)
                }
            }'
        } >"people/$person/$number.pgm"
    done
done
cat >faces.yaml <<'END'
network: faces
input: [8, 8, 1]
layers:
  - conv2d: {filters: 4, kernel: 3, activation: relu}
  - flatten
  - dropout: 0.1
  - dense: 4
loss: softmax_cross_entropy
optimizer: adam
train: {batch: 12, epochs: 12, seed: 2}
data:
  format: images
  train: {folder: people}
  test: {split: {of_each: 3}}
  scale: 1/128
  offset: -127.5/128
  augment: {mirror: true, shift: 0.1, crop: 0.1, brightness: 0.2, cutout: 0.2}
END
expect 0 '^test: loss .* accuracy 100.00 %' train faces.yaml -q -o faces.st --data .
expect 0 '^test: loss .* accuracy 100.00 % (12 of 12)' evaluate faces.yaml --data . --weights faces.st
expect 0 '' predict faces.yaml --data . --weights faces.st 'people/eve of kent/9.pgm' people/ann/1.pgm -o answers
printf 'eve of kent\nann\n' >names
same answers names 'predict does not know who is in a picture'
expect 0 '' train faces.yaml -q -o plain.st --data . --target c
same faces.st plain.st 'augmented, without lanes, the bits differ'
expect 0 '' train faces.yaml -q -o threads.st --data . --threads --target c --batch 3000 --epochs 2
expect 0 '' train faces.yaml -q -o thread.st --data . --target c --batch 3000 --epochs 2
same threads.st thread.st 'augmented, with threads the bits differ'
expect 0 '' train faces.yaml -q -o half.st --data . --epochs 5 --checkpoint faces.checkpoint
expect 0 'resumed' train faces.yaml -q -o whole.st --data . --checkpoint faces.checkpoint --resume
same faces.st whole.st 'augmented, a resumed run ends in other bits'
sed 's/  scale/  cache: kept\n  scale/' faces.yaml >cached.yaml
expect 0 '' train cached.yaml -q -o plain.st --data .
same faces.st plain.st 'with a new cache the bits differ'
expect 0 '' train cached.yaml -q -o plain.st --data .
same faces.st plain.st 'from a cache the bits differ'
printf x | dd of=kept bs=1 seek=400 conv=notrunc 2>out
expect 0 'note: ./kept is no cache of pictures of this size, or damaged; it is made anew' train cached.yaml -q -o plain.st --data .
same faces.st plain.st 'after a damaged cache the bits differ'
rm kept
sed 's/split: .*/split: {by_class: [joe]}}/' faces.yaml >open.yaml
expect 1 'people: error: there are 4 classes in it, 3 of which train; target target of network faces takes 4' train open.yaml -q --data .
sed 's/dense: 4/dense: 3/' open.yaml >three.yaml
expect 0 'note: the 10 pictures of the test set are of classes that do not train (1: joe)' train three.yaml -q --data . -o three.st
expect 0 'test: 10 pictures of classes that did not train (1: joe): there is no accuracy of them' evaluate three.yaml --data . -w three.st
sed 's/joe/tom/' three.yaml >none.yaml
expect 1 'none.yaml:14:29: error: by_class names tom, and there is no such folder' train none.yaml -q --data .
head -c 70 people/ann/1.pgm >short
mv short people/ann/1.pgm
expect 0 'people/ann/1.pgm: it ends in the middle of the picture' train faces.yaml -q --data .
expect 0 '1 of 40 pictures cannot be read and are left out' train faces.yaml -q --data .
expect 1 'people/ann/1.pgm: error: it ends in the middle of the picture' train faces.yaml -q --data . --strict-data -o cut.st
expect 1 'people/ann/1.pgm: error: it ends in the middle of the picture' predict faces.yaml --data . -w faces.st people/ann/1.pgm
CC=false expect 1 'error: cannot read it: No such file' train faces.yaml --data people
rm -r people

for file in *; do
    case $file in
    *.yaml | *.st | *.csv | *.svg | *.checkpoint | out | err | points | sides | answers | figures | names) ;;
    *) echo "$file" >out && bad 'a file is left over' ;;
    esac
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
