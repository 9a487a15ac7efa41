#!/bin/sh
# Usage: run.sh TEST_BINARY
set -eu
tests=$(cd "$(dirname "$0")/../.." && pwd)
. "$tests/support/node_modules.sh"
cd "$tests/.."
exec "$1"
