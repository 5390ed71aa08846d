#!/bin/sh
# Bad specs and the messages that they must give: errors/NAME.yaml and errors/NAME.txt.
# run.sh [--update] [NAME...]; $NNC is the program (build/nnc). --update writes the messages anew, for review.
here=$(cd "$(dirname "$0")" && pwd)
nnc=${NNC:-$here/../../build/nnc}
if ! command -v "$nnc" >/dev/null; then
    echo "$nnc is not there: build it first"
    exit 1
fi
update=false
if [ "$1" = --update ]; then
    update=true
    shift
fi
got=$(mktemp) && printed=$(mktemp) || exit 1
trap 'rm -f "$got" "$printed"' EXIT
cd "$here/errors" || exit 1

passed=0
failed=0
fail() {
    failed=$((failed + 1))
    echo "FAILED $1: $2"
}

for spec in *.yaml; do
    name=${spec%.yaml}
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    NO_COLOR=1 "$nnc" "$spec" -o - >"$printed" 2>"$got"
    status=$?
    if [ $status -ne 1 ]; then
        fail "$name" "exit status $status instead of 1"
    elif [ -s "$printed" ]; then
        fail "$name" "something was printed on standard output"
    elif $update; then
        cmp -s "$got" "$name.txt" || { cp "$got" "$name.txt" && echo "updated $name"; }
        passed=$((passed + 1))
    elif diff -u "$name.txt" "$got"; then
        passed=$((passed + 1))
    else
        fail "$name" "another message"
    fi
done
for text in *.txt; do
    [ -e "${text%.txt}.yaml" ] || fail "${text%.txt}" "no spec of that name"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
