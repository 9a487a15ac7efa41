#!/bin/sh
# Usage: run.sh ARBITER [TEST]
set -eu
tests=$(cd "$(dirname "$0")/../.." && pwd)
. "$tests/support/node_modules.sh"
cd "$tests/.."
exec node "tests/system/after_games/${2:-test}.mjs" "$1"
