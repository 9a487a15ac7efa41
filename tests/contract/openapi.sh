#!/bin/sh
# Plays the API tests while their traffic is recorded, then holds it against docs/openapi.yaml.
# Usage: openapi.sh FOLDER_OF_TEST_BINARIES
set -eu
. "$(dirname "$0")/../support/node_modules.sh"
cd "$tests/.."
traffic=$(mktemp)
trap 'rm -f "$traffic"' EXIT
for test in test_api test_api_answers test_api_entry test_api_refusals test_api_sweep test_api_tags test_api_pages test_byes test_desk test_pools "test_live_games $1/../lexicons"; do
    # shellcheck disable=SC2086
    ARBITER_TRAFFIC="$traffic" "$1"/$test >/dev/null 2>&1 || {
        echo "$test fails by itself: see contract/${test%% *}"
        exit 1
    }
done
node tests/contract/openapi.mjs docs/openapi.yaml "$traffic"
