#!/bin/sh
# arbiter standings, rate and convert on the files the project carries; $1 is the program.
set -eu
arbiter=$1
cd "$(dirname "$0")/../data"
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

club=events/club-night
expect 0 "$arbiter" convert --compat liwords $club/event.json "$work/event.tsh"
cmp "$work/event.tsh" $club/event.tsh || fail "TSH differs"
expect 0 "$arbiter" convert --name testTournament --date 2025-11-30 $club/event.json "$work/event.tou"
cmp "$work/event.tou" $club/event.tou || fail "tou differs"
expect 0 "$arbiter" convert $club/event.json "$work/standings.csv"
cmp "$work/standings.csv" $club/standings.csv || fail "CSV differs"
grep -q "not in .*: CSW: rounds" "$work/err" || fail "nothing is said of what CSV drops"
expect 1 "$arbiter" convert --strict $club/event.json "$work/standings.csv"

expect 0 "$arbiter" convert "$work/event.tou" "$work/event.json"
expect 0 "$arbiter" convert "$work/event.json" "$work/again.tou"
cmp "$work/again.tou" $club/event.tou || fail "tou differs after a way through JSON"

expect 0 "$arbiter" standings tiebreak/example.trf --tiebreaks BH/C1,SB,TPN --json
grep -q '"rank": 1, "number": 2, "name": "Bravo", "points": 4' "$work/out" || fail "2026 order"
expect 0 "$arbiter" standings tiebreak/example.trf --tiebreaks BH/C1,TPN --edition 2024
sed -n 5p "$work/out" | grep -q "2  Charlie" || fail "2024 order"
expect 0 "$arbiter" standings events/event-e.json --outlook
grep -q "1  P02 .* 1 to 3" "$work/out" || fail "outlook"

expect 0 "$arbiter" rate --system fide tiebreak/example.trf
grep -q "^Bravo .* 2318.00 .* +18.00" "$work/out" || fail "FIDE"
grep -q "not rated: Charlie against Foxtrot: .*forfeited" "$work/err" || fail "a forfeit was rated"
expect 0 "$arbiter" rate --system ../../policies/ratings/woogles.yaml events/event-a.json --json
grep -q '"rated": 195' "$work/out" || fail "woogles"

# what is wrong is said in one line with its place
printf '{"players": [{}],\n "rounds": [{"games": [{"players": [1, 9]}]}]}' >"$work/bad.json"
expect 1 "$arbiter" standings "$work/bad.json"
grep -q "bad.json:2:36: there is no player with number 9" "$work/err" || fail "$(cat "$work/err")"
expect 1 "$arbiter" standings "$work/nothing.json"
expect 2 "$arbiter" standings $club/event.json
expect 2 "$arbiter" standings tiebreak/example.trf --tiebreaks BH,NO
grep -q ":1:4: no tie-break is called 'NO'" "$work/err" || fail "$(cat "$work/err")"
expect 2 "$arbiter" standings
expect 2 "$arbiter" rate tiebreak/example.trf
expect 2 "$arbiter" rate --system guesswork tiebreak/example.trf
expect 2 "$arbiter" convert tiebreak/example.trf "$work/x.doc"
for command in standings rate convert; do
    expect 0 "$arbiter" $command --help
    grep -q "^Usage: arbiter $command" "$work/out" || fail "$command --help"
done
echo "event files: all passed"
