#!/bin/sh
# Every ready-made format is played to its end: sh tests/simulation/ready.sh ARBITER
set -u
arbiter=$1
failed=0
for file in policies/formats/*.yaml; do
    case $file in
    */round-robin.yaml) players=8 ;; # as many as it has room for
    *) players=14 ;;
    esac
    told=$("$arbiter" simulate "$file" --players $players --seed 7 --runs 1 2>&1)
    if [ $? -ne 0 ] || ! echo "$told" | grep -Eq '^  the event ends +[0-9]' ||
        echo "$told" | grep -Eq 'has not come to its end|  stuck '; then
        echo "FAILED $file is not played to its end:"
        echo "$told" | tail -20
        failed=$((failed + 1))
    fi
done
count=$(ls policies/formats/*.yaml | wc -l)
echo "$((count - failed)) passed, $failed failed"
[ $failed -eq 0 ] && [ "$count" -ge 9 ]
