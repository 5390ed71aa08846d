#!/bin/sh
# facts.sh NNC SPEC WEIGHTS NET.h SCALE OFFSET MIRROR - prints facts.h: the network's name, its shapes, and fingerprints
# of the two files, so that network.c needs to know none of them. NET.h is what nnc printed. An empty SCALE or OFFSET
# stands for what the section data: of the description says; without such a section for (pixel - 127.5) / 128.
set -eu
nnc=$1 spec=$2 weights=$3 header=$4 scale=$5 offset=$6 mirror=$7

refuse() {
    echo "$spec: error: $1" >&2
    exit 1
}

# number of the section data:, as a fraction or not; empty if it says nothing.
of_data() { # of_data KEY
    awk '/^[A-Za-z_]/ { within = /^data:/ } within' "$spec" | sed 's/#.*//' |
        sed -n "s/^\\(.*[ {,]\\)\\{0,1\\}$1: *\\([-+0-9.eE\\/]*\\).*/\\2/p" | head -n 1
}
# 1/255 as a floating-point constant of C
constant() {
    case $1 in
    *[!-+0-9.eE/]* | */*/* | '') refuse "'$1' is no number: SCALE and OFFSET are like 1/128 or -0.99609375" ;;
    */*) echo "((double)${1%/*} / (double)${1#*/})" ;;
    *) echo "((double)$1)" ;;
    esac
}

if [ -z "$scale$offset" ]; then
    scale=$(of_data scale)
    offset=$(of_data offset)
    if [ -z "$scale$offset" ]; then scale=1/128 offset=-127.5/128; fi
fi
scale=$(constant "${scale:-1}")
offset=$(constant "${offset:-0}")
case $mirror in
yes) mirror=true ;;
no) mirror=false ;;
*) refuse "MIRROR is yes or no, not '$mirror'" ;;
esac

shape=$("$nnc" report "$spec" --inference --json | tr -d ' \n' |
    sed -n 's/.*"inputs":\[{"name":"[^"]*","shape":\[\([0-9]*,[0-9]*,[13]\)\]}\].*/\1/p')
[ -n "$shape" ] || refuse "faces needs a network of one input: height, width and 1 or 3 channels"
name=$(sed -n 's/^void \(.*\)_predict(.*/\1/p' "$header")
upper=$(sed -n 's/^#define \(.*\)_INFERENCE_BYTES .*/\1/p' "$header")
fingerprint() { sha256sum <"$1" | cut -d' ' -f1; }

cat <<END
/* facts.h - of the network that faces is built with; written by facts.sh. */
#include "$(basename "$header")"
#define FACTS_NAME "$name"
#define FACTS_HEIGHT $(echo "$shape" | cut -d, -f1)
#define FACTS_WIDTH $(echo "$shape" | cut -d, -f2)
#define FACTS_CHANNELS $(echo "$shape" | cut -d, -f3)
#define FACTS_OUTPUT ${upper}_OUTPUT
#define FACTS_DESCRIPTION "$(fingerprint "$spec")"
#define FACTS_WEIGHTS "$(fingerprint "$weights")"
#define FACTS_SCALE $scale
#define FACTS_OFFSET $offset
#define FACTS_MIRRORED $mirror
#define facts_inference ${name}_inference
#define facts_predict ${name}_predict
#define facts_weights ${name}_weights
END
