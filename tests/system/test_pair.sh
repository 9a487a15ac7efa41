#!/bin/sh
# arbiter pair as tournament programs call it, on the cases the project carries; $1 is the program.
set -eu
arbiter=$1
cd "$(dirname "$0")/../data/dutch"
data=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# $1 exit status expected, then the command; its output is kept in $work/out and $work/err
expect() {
    wanted=$1
    shift
    set +e
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    set -e
    [ "$got" -eq "$wanted" ] || fail "exit $got instead of $wanted: $*: $(cat "$work/err")"
}

# Every case, through the program: exit code and standard output.
tail -n +2 dev/MANIFEST.tsv | cut -f1,6 | while read -r name code; do
    expect "$code" "$arbiter" pair --compat bbp "dev/$name.trf" -p
    cmp "$work/out" "dev/$name.exp" || fail "pairs differ: $name"
done
cut -f1,2 cli/MANIFEST.cli.tsv | while read -r name code; do
    expect "$code" "$arbiter" pair --compat bbp -p "cli/$name.trf"
    if [ "$code" -eq 0 ]; then
        [ ! -s "$work/err" ] || fail "something is said: $name"
    else
        [ ! -s "$work/out" ] || fail "output in spite of an error: $name"
        [ "$(wc -l <"$work/err")" -eq 1 ] || fail "not one line: $name"
    fi
done
for trf in check/*.trf; do
    name=$(basename "$trf" .trf)
    expect 0 "$arbiter" pair --compat bbp "$trf" -c -l "$work/list"
    cmp "$work/out" "check/$name.exp" || fail "check differs: $name"
    head -c "$(wc -c <"check/$name.list")" "$work/list" | cmp - "check/$name.list" || fail "list differs: $name"
done

# Words of existing programs; outputs go where one stands, not beside the input.
mkdir "$work/here" "$work/there"
cp cli/ok-base.trf "$work/there/event.trf"
cd "$work/here"
expect 0 "$arbiter" pair --dutch ../there/event.trf -p pairs -l list
[ -s pairs ] && [ -s list ] && [ ! -s "$work/out" ] || fail "outputs are not where they belong"
expect 0 "$arbiter" pair ../there/event.trf -p -l
[ -s ../there/event.list ] || fail "the list has no name of its own"
expect 5 "$arbiter" pair missing.trf -p
expect 5 "$arbiter" pair ../there/event.trf -p no/such/folder
expect 3 "$arbiter" pair ../there/event.trf one two three
expect 3 "$arbiter" pair --system unknown ../there/event.trf
expect 3 "$arbiter" pair
expect 0 "$arbiter" pair -r ../there/event.trf -p
head -n 1 "$work/out" | grep -q "2026" || fail "-r says nothing of the rules"

# A byte that is not UTF-8 is a bad file; only bbpPairings calls it unexpected.
expect 3 "$arbiter" pair "$data/cli/e2-badutf8.trf"
grep -q "line [0-9]*, column [0-9]*" "$work/err" || fail "no place for the byte"

# Answers.
expect 0 "$arbiter" pair ../there/event.trf --why-not 1 2
grep -q "^1-2: C1: they met in round 1$" "$work/out" || fail "why not: $(cat "$work/out")"
expect 3 "$arbiter" pair ../there/event.trf --why-not 1 99
expect 0 "$arbiter" pair ../there/event.trf --explain
grep -q "^Bracket of 1.0: 2 residents" "$work/out" || fail "no account of the top bracket"
expect 0 "$arbiter" pair "$data/dev/rtg-s00014-n011-R10-r06.trf" --explain
grep -q "passed over: .*(C[0-9]* in the bracket of [0-9.]*: [0-9. ]* instead of [0-9]" "$work/out" ||
    fail "no criterion for a passed-over opponent: $(cat "$work/out")"
if grep -q "a criterion" "$work/out"; then fail "a criterion without its name"; fi
expect 0 "$arbiter" pair ../there/event.trf --json
grep -q '"possible": true' "$work/out" || fail "JSON"
expect 1 "$arbiter" pair "$data/cli/e1-forbidden.trf" --json
grep -q '"relax"' "$work/out" || fail "JSON names nothing to relax"
expect 1 "$arbiter" pair "$data/cli/e1-forbidden.trf"
grep -q "a forbidden pair" "$work/err" || fail "nothing is named to be relaxed"
echo "1 passed, 0 failed"
