#!/usr/bin/env bash
# test.sh [--full] [SUITE...] - runs the suites tests/SUITE/run.sh, two at a time, and adds up their closing lines.
# A suite's output is in build/test/SUITE.log; it is shown when something in it failed. The last line is
# `N passed, N failed`; the status is 1 if anything failed, or if a suite ended without its closing line.
set -u
cd "$(dirname "$0")/.." || exit 1

full=()
suites=()
for word in "$@"; do
    if [ "$word" = --full ]; then full=(--full); else suites+=("$word"); fi
done
if [ ${#suites[@]} -eq 0 ]; then
    for script in tests/*/run.sh; do
        suites+=("$(basename "$(dirname "$script")")")
    done
fi

logs=build/test
mkdir -p "$logs"

# Long ones first, by what they took last time, so that two processors end together; at first it is known of some.
seconds_of() {
    cat "$logs/$1.seconds" 2>/dev/null || case $1 in
    exact) echo 999 ;;
    unit | weights | contract) echo 99 ;;
    *) echo 9 ;;
    esac
}
mapfile -t suites < <(for suite in "${suites[@]}"; do echo "$(seconds_of "$suite") $suite"; done | sort -rn | cut -d' ' -f2)

run_suite() {
    local started=$SECONDS
    bash "tests/$1/run.sh" "${full[@]}" >"$logs/$1.log" 2>&1 </dev/null
    echo $? >"$logs/$1.status"
    echo $((SECONDS - started)) >"$logs/$1.seconds"
}

report_suite() {
    local line status count
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$logs/$1.log" | tail -n 1)
    status=$(cat "$logs/$1.status")
    if [ -z "$line" ]; then
        line="0 passed, 1 failed (no closing line)"
    elif [ "$status" -ne 0 ] && [[ $line == *", 0 failed"* ]]; then
        line="${line%%,*}, 1 failed (exit status $status)"
    fi
    printf '%-10s %4ss  %s\n' "$1" "$(cat "$logs/$1.seconds")" "$line"
    count=${line%% passed*}
    passed=$((passed + count))
    count=${line#*, }
    count=${count%% failed*}
    failed=$((failed + count))
    if [ "$count" -gt 0 ]; then tail -n 60 "$logs/$1.log"; fi
    grep -i '^skipped' "$logs/$1.log" | sed 's/^/           /'
}

passed=0
failed=0
running=()
for suite in "${suites[@]}"; do
    run_suite "$suite" &
    running+=("$!")
    if [ ${#running[@]} -eq 2 ]; then
        wait -n
        still=()
        for process in "${running[@]}"; do
            if kill -0 "$process" 2>/dev/null; then still+=("$process"); fi
        done
        running=("${still[@]}")
    fi
done
wait
for suite in "${suites[@]}"; do
    report_suite "$suite"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
