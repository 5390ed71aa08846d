#!/bin/sh
# Does what the documentation prints: every description in README.md and templates/README.md is compiled, every
# program is that of the project, every excerpt stands in what nnc prints, every console block gives what stands below
# its commands; names, files, links and options that the texts list are those that there are.
#
# run.sh [--update]     $NNC is the program (build/nnc). --update writes the console blocks and the programs anew, for
#                       review
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
nnc=${NNC:-$root/build/nnc}
case $nnc in /*) ;; *) nnc=$(pwd)/$nnc ;; esac
if ! [ -x "$nnc" ]; then
    echo "$nnc is not there: build it first"
    exit 1
fi
update=false
[ "${1:-}" = --update ] && update=true
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" && printf '#!/bin/sh\nexec "%s" "$@"\n' "$nnc" >"$work/bin/nnc" && chmod +x "$work/bin/nnc"
PATH=$work/bin:$PATH
export PATH
export NO_COLOR=1 LC_ALL=C

passed=0
failed=0
pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAILED $1"
}
# check WHAT COMMAND...: the command's output is shown if it fails.
check() {
    what=$1
    shift
    if "$@" >"$work/log" 2>&1; then pass; else
        fail "$what"
        cat "$work/log"
    fi
}

# What depends on the machine: the last digits of an error, and whether it has FMA.
plain() { sed -e 's/[0-9]\.[0-9]e-[0-9][0-9]/#/g' -e '/^nnc: warning: target/d' "$@"; }

# A block without a network is a part of one: what it lacks is added.
whole() {
    grep -q '^network:' "$1" || echo 'network: part'
    grep -q '^input:' "$1" || echo 'input: [7]'
    grep -q '^layers:' "$1" || printf 'layers:\n  - dense: 1\n'
    grep -q '^loss:' "$1" || echo 'loss: mse'
    cat "$1"
}

# compile BLOCK FOLDER NAME [OPTION...]: NETWORK.c and NETWORK.h in FOLDER. A block with a name is compiled as it is.
compile() {
    cd "$2" || return 1
    spec=$3
    if [ "$spec" = - ]; then
        spec=block.yaml
        whole "$1" >"$spec"
    else
        cp "$1" "$spec"
    fi
    shift 3
    "$nnc" "$spec" "$@" -o "$(sed -n 's/^network: *\([a-z0-9_]*\).*/\1/p' "$spec").c"
}

# put DOCUMENT NUMBER FILE: the file becomes the text of the block.
put() {
    awk -v block="$2" -v with="$3" -f "$here/replace.awk" "$root/$1" >"$work/document" && cat "$work/document" >"$root/$1"
}

# same BLOCK FILE DOCUMENT NUMBER: the block is that file of the project.
same() {
    diff -u "$root/$2" "$1" && return
    $update && put "$3" "$4" "$root/$2"
}

# replay BLOCK FOLDER DOCUMENT NUMBER: the commands of a console block, and what they print, are as the block shows them.
replay() {
    cd "$2" || return 1
    grep '^\$ ' "$1" | sed 's/^\$ //' >commands
    while IFS= read -r command <&3; do
        printf '$ %s\n' "$command"
        sh -c "$command" 2>&1
    done 3<commands >printed
    plain "$1" >expected
    plain printed >got
    diff -u expected got && return
    $update && put "$3" "$4" printed
}

document() {
    blocks=$work/blocks.$2 folder=$work/run.$2
    mkdir "$blocks" "$folder"
    ln -s "$root/specs" "$root/examples" "$root/templates" "$folder"
    awk -v to="$blocks" -f "$here/blocks.awk" "$root/$1" >"$work/list"
    while read -r number language mark file <&4; do
        block=$blocks/$number.$language
        what="$1, block $number ($language)"
        [ "$mark" = same ] && check "$what: another text" same "$block" "$file" "$1" "$number"
        [ "$language" = yaml ] || continue
        case $mark in
        save) check "$what" compile "$block" "$folder" "$file" ;;
        same) check "$what" compile "$block" "$folder" "${file##*/}" --templates "$root/$(dirname "$file")" ;;
        *) check "$what" compile "$block" "$folder" - ;;
        esac
    done 4<"$work/list"
    while read -r number language mark file <&4; do
        block=$blocks/$number.$language
        what="$1, block $number ($language)"
        [ "$mark" = within ] && check "$what" awk -f "$here/within.awk" "$block" "$folder/$file"
        [ "$language" = console ] && check "$what" replay "$block" "$folder" "$1" "$number"
    done 4<"$work/list"
    grep -o '](\([A-Za-z0-9_./]*\)[)#]' "$root/$1" | sed 's/^](\(.*\).$/\1/' | grep . >"$work/links"
    while read -r link <&4; do
        check "$1: link to $link" test -e "$(dirname "$root/$1")/$link"
    done 4<"$work/links"
}

document README.md readme
document templates/README.md templates

# README names every template, and every file of the compiler.
for name in $("$nnc" layers | sed -n 's/^  \([a-z0-9_]*\)  .*/\1/p'); do
    check "README.md does not name '$name'" grep -q "\`$name\`" "$root/README.md"
done
for file in "$root"/compiler/*.c; do
    check "README.md does not name ${file##*/}" grep -qF "${file##*/}" "$root/README.md"
done

# The manual page is clean, and has all commands and options.
if ! command -v mandoc >/dev/null; then
    echo "skipped: mandoc is not there, the manual page is not checked"
else
    check "man/nnc.1 is not clean" mandoc -Tlint -Wwarning "$root/man/nnc.1"
fi
options=$({ "$nnc" --help; for command in train evaluate predict convert report bench tune package; do "$nnc" $command --help; done; } |
    grep -o -e '--[a-z][a-z-]*' | sort -u)
for option in $options; do
    check "man/nnc.1 does not have $option" grep -q -e "Fl $(printf '%s' "${option#-}")\( \|\$\)" "$root/man/nnc.1"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
