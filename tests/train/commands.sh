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

for file in *; do
    case $file in
    *.yaml | *.st | *.csv | *.svg | *.checkpoint | out | err | points | sides | answers | figures) ;;
    *) echo "$file" >out && bad 'a file is left over' ;;
    esac
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
