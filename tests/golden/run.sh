#!/bin/sh
# What nnc must print, byte for byte:
#     errors/NAME.yaml     a bad spec, and in NAME.txt the messages that it must give
#     schedules/NAME.yaml  a bad schedule for schedules/network/net.yaml, and in NAME.txt the messages
#     templates/NAME.c     a template that the language does not allow, and in NAME.txt the messages
#     code/NAME.yaml       a small network, and in NAME.c and NAME.h the C that it must give (options: code/options)
#     dump/NAME.yaml       a tiny network, and in NAME.PASS.txt the program after each pass
# run.sh [--update] [NAME...]; $NNC is the program (build/nnc). --update writes what is expected anew, for review.
here=$(cd "$(dirname "$0")" && pwd)
nnc=${NNC:-$here/../../build/nnc}
if ! command -v "$nnc" >/dev/null; then
    echo "$nnc is not there: build it first"
    exit 1
fi
update=false
case "${1:-}" in
--update) update=true && shift ;;
--full) shift ;;
esac
names=" $* "
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1
cd "$here" || exit 1

passed=0
failed=0
fail() {
    failed=$((failed + 1))
    echo "FAILED $1: $2"
}

wanted() {
    [ "$names" = "  " ] && return 0
    case $names in *" $1 "*) return 0 ;; esac
    return 1
}

# expect FOLDER/FILE: what has been printed into $work/FILE.
expect() {
    got=$work/$(basename "$1")
    if $update; then
        cmp -s "$got" "$1" || { cp "$got" "$1" && echo "updated $1"; }
        passed=$((passed + 1))
    elif diff -u "$1" "$got"; then
        passed=$((passed + 1))
    else
        fail "$1" "not what is expected"
    fi
}

# refused NAME STATUS: exit status 1, and nothing on standard output.
refused() {
    if [ "$2" -ne 1 ]; then
        fail "$1" "exit status $2 instead of 1"
    elif [ -s "$work/printed" ]; then
        fail "$1" "something was printed on standard output"
    else
        return 0
    fi
    return 1
}

# Nothing is left over from a spec that is gone.
for text in errors/*.txt schedules/*.txt; do
    [ -e "${text%.txt}.yaml" ] || fail "$text" "no spec of that name"
done
for text in templates/*.txt; do
    [ -e "${text%.txt}.c" ] || fail "$text" "no template of that name"
done
for text in code/*.[ch]; do
    [ -e "${text%.*}.yaml" ] || fail "$text" "no spec of that name"
done

cd errors || exit 1
for spec in *.yaml; do
    name=${spec%.yaml}
    wanted "$name" || continue
    "$nnc" "$spec" -o - >"$work/printed" 2>"$work/$name.txt"
    refused "$name" $? && expect "$name.txt"
done
cd ..

cd schedules || exit 1
for schedule in *.yaml; do
    name=${schedule%.yaml}
    wanted "$name" || continue
    "$nnc" network/net.yaml --target avx512 --schedule "$schedule" -o - >"$work/printed" 2>"$work/$name.txt"
    refused "$name" $? && expect "$name.txt"
done
cd ..

# Each template alone in a folder for --templates, behind a dense layer that is trained: its gradient is asked for.
mkdir -p "$work/own/layers" "$work/own/losses"
for template in templates/*.c; do
    name=$(basename "$template" .c)
    wanted "$name" || continue
    rm -f "$work"/own/*/*
    if head -n 1 "$template" | grep -q '^/\* Loss:'; then
        cp "$template" "$work/own/losses"
        printf 'network: refused\ninput: [4]\nlayers:\n  - dense: 4\nloss: %s\n' "$name" >"$work/spec.yaml"
    else
        cp "$template" "$work/own/layers"
        printf 'network: refused\ninput: [4]\nlayers:\n  - dense: 4\n  - %s\n  - dense: 1\nloss: mse\n' "$name" >"$work/spec.yaml"
    fi
    (cd "$work" && "$nnc" spec.yaml --templates own -o - >printed 2>"$name.txt")
    refused "$name" $? && expect "templates/$name.txt"
done

for spec in code/*.yaml; do
    name=$(basename "$spec" .yaml)
    wanted "$name" || continue
    # shellcheck disable=SC2046
    if "$nnc" "$spec" -o "$work/$name.c" $(sed -n "s/^$name  *//p" code/options); then
        expect "code/$name.c"
        expect "code/$name.h"
    else
        fail "$name" "refused"
    fi
done

for spec in dump/*.yaml; do
    name=$(basename "$spec" .yaml)
    for pass in infer derive bind split fuse schedule plan; do
        wanted "$name" || continue
        "$nnc" "$spec" --dump $pass >"$work/$name.$pass.txt" || fail "$name" "refused"
        expect "dump/$name.$pass.txt"
    done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
