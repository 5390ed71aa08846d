#!/usr/bin/env bash
# demo.sh - the whole way in about a minute: installs what is missing (scripts/require.sh), builds nnc, generates a
# network of 235,146 parameters, trains it on the 60,000 images of Fashion-MNIST, and shows what came out. Everything
# that it writes is in build/demo. Asks nothing; needs no network once the packages are there.
set -euo pipefail
cd "$(dirname "$0")/.."
data=/usr/share/datasets/fashion-mnist
spec=specs/fashion_mlp.yaml
out=build/demo
names=(T-shirt trousers pullover dress coat sandal shirt sneaker bag boot)

say() { printf '\n== %s\n' "$*"; }

# picture NUMBER: a test image in 14 lines of 28 characters, two rows of pixels to a line.
picture() {
    gzip -dc $data/t10k-images-idx3-ubyte.gz 2>/dev/null | od -An -v -tu1 -w28 -j$((16 + 784 * $1)) -N784 |
        awk '
            NR % 2 { for (i = 1; i <= NF; i++) above[i] = $i; next }
            {   line = ""
                for (i = 1; i <= NF; i++)
                    line = line substr(" .:-=+*#%@", int((above[i] + $i) * 9 / 510) + 1, 1)
                print line "   "
            }'
}

label() { # label NUMBER: the true class of a test image
    gzip -dc $data/t10k-labels-idx1-ubyte.gz | od -An -v -tu1 -j$((8 + $1)) -N1 | tr -d ' '
}

bash scripts/require.sh build demo
say "building build/nnc"
"${MAKE:-make}" --no-print-directory -s -j"$(nproc)" all
mkdir -p $out

say "the network, as $spec describes it"
grep -v '^#' $spec

say "generating C from it:  nnc $spec -o $out/fashion_mlp.c"
build/nnc $spec -o $out/fashion_mlp.c
wc -l $out/fashion_mlp.c $out/fashion_mlp.h | sed '$d'
grep -m3 -e _PARAMETERS' ' -e _TRAINING_BYTES -e _INFERENCE_BYTES $out/fashion_mlp.h
echo "its first layer, in a prediction:"
awk '/^\/\* dense_1:/ { shown = 1 } shown { print "    " $0 } shown && (/^}/ || ++n == 30) { exit }' $out/fashion_mlp.c

say "training:  nnc train $spec --data $data -o $out/fashion_mlp.safetensors --plot $out/curves.png"
build/nnc train $spec --data $data -o $out/fashion_mlp.safetensors --plot $out/curves.png --history $out/history.csv
for i in "${!names[@]}"; do printf '%s%d %s' "${sep:-(}" "$i" "${names[$i]}" && sep=', '; done
echo ')'

say "what it says of the first test images"
build/nnc predict $spec --weights $out/fashion_mlp.safetensors --data $data -o $out/predictions.csv \
    t10k-images-idx3-ubyte.gz
paste -d '' <(picture 0) <(picture 1) <(picture 2)
for i in 0 1 2; do
    read -r class percent < <(sed -n "$((i + 1))p" $out/predictions.csv |
        awk -F, -v best=1 '{ for (i = 2; i <= NF; i++) if ($i > $best) best = i; print best - 1, int(100 * $best) }')
    printf '%-31s' "$percent % ${names[$class]}, it is: ${names[$(label $i)]}"
done
echo

say "look at"
printf '    %-38s %s\n' \
    $out/curves.png 'loss and accuracy, epoch by epoch' \
    "$out/fashion_mlp.c, .h" 'the network in C: forward, backward, optimizer, for any compiler' \
    $out/fashion_mlp.safetensors 'the trained weights, in a format that other tools read' \
    $out/predictions.csv 'ten probabilities for each test image' \
    'build/nnc train specs/spiral.yaml' 'a network that needs no files; specs/ has more'
