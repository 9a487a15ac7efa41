#!/bin/sh
# Plays the API tests while their traffic is recorded, then holds it against docs/openapi.yaml.
# Usage: openapi.sh FOLDER_OF_TEST_BINARIES
set -eu
. "$(dirname "$0")/../support/node_modules.sh"
cd "$tests/.."
traffic=$(mktemp)
trap 'rm -f "$traffic"' EXIT
for name in test_api test_api_refusals; do
    ARBITER_TRAFFIC="$traffic" "$1/$name" >/dev/null 2>&1 || {
        echo "$name fails by itself: see contract/$name"
        exit 1
    }
done
node tests/contract/openapi.mjs docs/openapi.yaml "$traffic"
