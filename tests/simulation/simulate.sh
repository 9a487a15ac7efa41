#!/bin/sh
# The same seed gives the same bytes: on every run, in any number of processes, whatever the
# memory, the locale, the time zone and the time are.
#
#     simulate.sh ARBITER FOLDER
set -eu
arbiter=$1
folder=$2
passed=0

fail() {
    echo "FAIL $*" >&2
    exit 1
}

same() { # name, file, file
    cmp "$2" "$3" >&2 || fail "$1: not the same bytes"
    passed=$((passed + 1))
}

mkdir -p "$folder"
for kind in text json; do
    flag=
    [ $kind = json ] && flag=--json
    set -- policies/formats/club-night.yaml --players 11 --runs 5 --no-shows 0.2 --late 0.2 \
        --late-entries 0.2 --withdrawals 0.1 --disputes 0.1 --seed 7 $flag
    "$arbiter" simulate "$@" --jobs 1 >"$folder/a.$kind"
    MALLOC_PERTURB_=165 LC_ALL=C TZ=Pacific/Chatham "$arbiter" simulate "$@" --jobs 3 >"$folder/b.$kind"
    same "$kind" "$folder/a.$kind" "$folder/b.$kind"
done
"$arbiter" simulate policies/formats/club-night.yaml --players 11 --runs 5 --seed 8 >"$folder/c.text"
cmp -s "$folder/a.text" "$folder/c.text" && fail "another seed gives the same"
passed=$((passed + 1))

set -- policies/formats/club-night.yaml --players 10 --runs 4 --compare policies/formats/king-of-the-hill.yaml
"$arbiter" simulate "$@" --jobs 2 >"$folder/d.text"
"$arbiter" simulate "$@" --jobs 1 >"$folder/e.text"
same comparison "$folder/d.text" "$folder/e.text"
grep -q 'repeats' "$folder/d.text" || fail "no figures are compared"

"$arbiter" simulate tests/data/simulation/fifteen.yaml --event tests/data/events/event-e.json --runs 1 \
    --from-round 5 >"$folder/f.text"
grep -q 'round  5 starts' "$folder/f.text" || fail "nothing is simulated after a record"
grep -q 'round  4 starts' "$folder/f.text" && fail "recorded rounds are simulated"
passed=$((passed + 1))

for wrong in '--players 1' '--no-shows 2' '--seed x' '--runs 0' '--from-round 3' '--report-delay soon'; do
    code=0
    # shellcheck disable=SC2086 # two words
    "$arbiter" simulate policies/formats/club-night.yaml $wrong >/dev/null 2>&1 || code=$?
    [ $code = 2 ] || fail "$wrong: exit code $code, not 2"
    passed=$((passed + 1))
done
code=0
"$arbiter" simulate tests/data/simulation/nothing.yaml >/dev/null 2>&1 || code=$?
[ $code = 1 ] || fail "a missing file: exit code $code, not 1"
echo "$((passed + 1)) passed, 0 failed"
