#!/bin/sh
# `arbiter simulate seeks`: the same seed gives the same bytes, two policies see the same arrivals,
# arrivals come from a file, and what is wrong is said with its place.
#     test_simulate_seeks.sh ARBITER
set -u
arbiter=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

expect() { # expect NAME CONDITION...
    name=$1
    shift
    if "$@"; then echo "ok $name"; else echo "FAILED $name"; failed=$((failed + 1)); fi
}

run() { "$arbiter" simulate seeks "$@"; }

run policies/seeks/lichess-pool.yaml --rate 100 --minutes 20 --seed 7 --json > "$folder/a"
run policies/seeks/lichess-pool.yaml --rate 100 --minutes 20 --seed 7 --json > "$folder/b"
run policies/seeks/lichess-pool.yaml --rate 100 --minutes 20 --seed 8 --json > "$folder/c"
run policies/seeks/flexmatch-style.yaml --compare policies/seeks/lichess-pool.yaml --rate 100 \
    --minutes 20 --seed 7 --json > "$folder/both"
expect "the same seed gives the same bytes" cmp -s "$folder/a" "$folder/b"
expect "another seed does not" sh -c "! cmp -s '$folder/a' '$folder/c'"
expect "a policy beside another plays as alone" sh -c \
    "[ \"\$(sed -n 2p '$folder/a')\" = \"\$(sed -n 3p '$folder/both')\" ]"
expect "everybody is accounted for" node -e '
    const { policies } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    process.exit(policies.length === 2 && policies[0].arrivals === policies[1].arrivals &&
        policies.every((p) => p.matched + p.left + p.declined === p.arrivals && p.matched === 2 * p.games) ? 0 : 1)' \
    "$folder/both"

printf 'seconds,player,rating\n0,ann,1500\n1,bob,1510\n2,cat,2400\n' > "$folder/arrivals.csv"
run policies/seeks/lichess-pool.yaml --arrivals "$folder/arrivals.csv" --patience 5m --json > "$folder/d"
expect "arrivals come from a file" grep -q '"arrivals": 3, "games": 1, "matched": 2, "left": 1' "$folder/d"

printf 'seconds,player,rating\n5,ann,1500\n1,bob,1510\n' > "$folder/late.csv"
expect "arrivals out of order are refused" sh -c \
    "! '$arbiter' simulate seeks policies/seeks/lichess-pool.yaml -a '$folder/late.csv' 2> '$folder/err'"
expect "... at their line" grep -q 'late.csv:3: earlier' "$folder/err"

printf 'seeks: x\nattributes: {rating: {type: number, from: rating}}\nrules:\n  near: {kind: distance, of: rating, max: 100, widen: [{after: 5s, to: 50}]}\n' > "$folder/narrow.yaml"
expect "a policy that narrows is refused" sh -c \
    "! '$arbiter' simulate seeks '$folder/narrow.yaml' 2> '$folder/err'"
expect "... at its place, with a hint" sh -c \
    "grep -q 'narrow.yaml:4:72: error: .near. may only widen' '$folder/err' && grep -q 'take more than 100' '$folder/err'"
"$arbiter" simulate seeks > /dev/null 2>&1
expect "a call without a policy is a wrong call" [ $? -eq 2 ]
exit $((failed > 0))
