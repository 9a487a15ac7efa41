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

# $1 a file, $2 the place and the words expected of every command that reads it
refused() {
    for command in "pair --system swiss" standings "rate --system elo" convert; do
        target=
        wanted=1
        case $command in
        pair*) wanted=3 ;;
        convert) target=$work/refused.csv ;;
        esac
        # shellcheck disable=SC2086 # the command is words, and there may be no target
        expect $wanted "$arbiter" $command "$work/$1" $target
        [ "$(wc -l <"$work/err")" -eq 1 ] || fail "not one line: $command $1: $(cat "$work/err")"
        grep -q "$1:$2" "$work/err" || fail "$command $1: $(cat "$work/err")"
    done
}
trf=tiebreak/example.trf
sed '/    2 m/s/0001 w =/0001 w 1/; /    1 m/s/0002 b =/0002 b 1/' $trf >"$work/mirror.trf"
refused mirror.trf "14:102: player 1's game in round 2 contradicts the line of player 2"
sed '/    2 m/s/0001 w =/0077 w =/' $trf >"$work/unknown.trf"
refused unknown.trf "15:102: the opponent is not in the file"
sed 's/^001    3 m/001    2 m/' $trf >"$work/repeated.trf"
refused repeated.trf "16:5: start number 2 is given twice"
sed 's/Bravo/Br\xffvo/' $trf >"$work/utf8.trf"
refused utf8.trf "15:17: "
awk '{ printf "%s", $0 } /    6 m/ { for (i = 0; i < 1000; i++) printf "  0001 w 0" } { print "" }' \
    $trf >"$work/long.trf"
refused long.trf "19:92: more than 998 rounds"

# $1 a file, $2 its players, $3 its games
write_json() {
    printf '{"divisions": [{"name": "A", "players": [%s],\n "rounds": [{"games": [%s]}]}]}\n' \
        "$2" "$3" >"$work/$1"
}
write_json scores.json '{}, {}' '{"players": [1, 2], "scores": ["x", 3]}'
refused scores.json '2:.*"scores" should be'
write_json mirror.json '{}, {}' '{"players": [1, 2], "scores": [4, 3]}, {"players": [2, 1], "scores": [4, 3]}'
refused mirror.json "2:.*already has a result in round 1"
write_json repeated.json '{"number": 1}, {"number": 1}' ''
refused repeated.json "1:.*start number 1 is given twice"
write_json long.json '{}, {}' "$(printf '%10000s' '')"'{"players": [1, 9]}'
refused long.json "2:100[0-9]*: there is no player with number 9"
write_json utf8.json "{\"name\": \"$(printf 'P\377')\"}" ''
refused utf8.json "1:"

club_line="player02 239842 3 4 1 3; 258 251 358 170"
sed "s/^$club_line/player02 239842 3 1 4 3; 258 251 358 170/" $club/event.tsh >"$work/mirror.tsh"
refused mirror.tsh "[0-9]*:22: players [0-9] and [0-9] disagree about round"
sed "s/^$club_line/player02 239842 77 4 1 3; 258 251 358 170/" $club/event.tsh >"$work/unknown.tsh"
refused unknown.tsh "14:.*there is no such opponent"
sed "s/^$club_line/player02 239842 3 4 1 3; 258 2x1 358 170/" $club/event.tsh >"$work/scores.tsh"
refused scores.tsh "14:.*not a number"
sed 's/^player02/play\xffr02/' $club/event.tsh >"$work/utf8.tsh"
refused utf8.tsh "14:5: "
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
