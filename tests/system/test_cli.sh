#!/bin/sh
# What every command of arbiter does with wrong arguments, and with no house there; $1 is the program.
set -eu
arbiter=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# $1 exit status expected, then the arguments; a refusal says something on standard error.
expect() {
    wanted=$1
    shift
    set +e
    timeout 20 "$arbiter" "$@" >out 2>err
    got=$?
    set -e
    [ "$got" -eq "$wanted" ] || fail "exit $got instead of $wanted: arbiter $*: $(cat out err)"
    [ "$wanted" -ne 2 ] || [ -s err ] || fail "says nothing: arbiter $*"
    passed=$((passed + 1))
}

says() {
    cat out err | grep -qF -- "$1" || fail "does not say '$1': $(cat out err)"
}

expect 2 nosuchcommand
for command in $(sed -n 's/^COMMAND(\([a-z]*\),.*/\1/p' "$2"); do
    expect 0 "$command" --help
    says Usage:
    case "$command" in
    pair) expect 3 pair --no-such-option ;; # as pairing engines do
    *) expect 2 "$command" --no-such-option ;;
    esac
done
[ "$passed" -gt 10 ] || fail "no commands were found in $2"

for port in x -1 65536 '' 8080x; do
    expect 2 up --port "$port"
done
for replicas in 0 x 1000; do
    expect 2 up --replicas "$replicas"
done
expect 1 up --policies nowhere --dir house
expect 1 status
says "nothing is up"
expect 1 status --json
says '"healthy": false'
expect 0 down
says "nothing is up"
[ ! -e .arbiter ] || fail "asking how it is made a folder"

expect 2 token
expect 2 token ''
expect 2 token a b
expect 2 token "$(printf '%064d' 0)"
expect 2 token ann --roles king
expect 2 token ann --for soon
expect 2 token ann --for 0s
expect 2 token ann --event ''
expect 1 token ann
expect 1 token ann --key nowhere.json

expect 2 tournament
expect 2 tournament dance
expect 2 tournament show
expect 2 tournament create --name A
expect 2 tournament create --name A --format club-night --policy p.yaml
expect 1 tournament create --name A --policy nowhere.yaml
says nowhere.yaml
expect 1 tournament list
says "nothing is up"
expect 1 tournament list --url http://127.0.0.1:1 --token x
expect 2 seek
expect 2 check
expect 1 check nowhere.yaml
says nowhere.yaml
echo 'colour: red' >none.yaml
expect 1 check none.yaml
says none.yaml:1:1
printf 'seeks: x\nversion: 1\nwave: {period: 0s, sise: 2}\n' >seeks.yaml
expect 1 check seeks.yaml
says seeks.yaml:3:20
printf 'conduct: x\nversion: 1\noutcomes: []\nsanctions: [{if: player.point > 1.0, warn: no}]\n' >conduct.yaml
expect 1 check conduct.yaml
says conduct.yaml:4:18
echo "$passed passed, 0 failed"
