#!/bin/sh
# Usage: run.sh ARBITER
set -eu
tests=$(cd "$(dirname "$0")/../.." && pwd)
. "$tests/support/node_modules.sh"
cd "$tests/.."
exec node tests/system/after_games/test.mjs "$1"
