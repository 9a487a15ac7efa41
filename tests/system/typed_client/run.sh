#!/bin/sh
# The API's document, read by other people's tools: a linter that finds nothing, and a typed client that
# is generated, compiled and plays a game.
# Usage: run.sh ARBITER
set -eu
arbiter=$1
tests=$(cd "$(dirname "$0")/../.." && pwd)
. "$tests/support/node_modules.sh"
cd "$tests/.."
bin=$tests/node_modules/.bin
"$bin/redocly" lint --config tests/system/typed_client/redocly.yaml --max-problems 100 docs/openapi.yaml >"${TMPDIR:-/tmp}/lint.$$" 2>&1 ||
    { cat "${TMPDIR:-/tmp}/lint.$$"; exit 1; }
if grep -E '[1-9][0-9]* (warning|error)' "${TMPDIR:-/tmp}/lint.$$"; then
    cat "${TMPDIR:-/tmp}/lint.$$"
    exit 1
fi
rm -f "${TMPDIR:-/tmp}/lint.$$"
echo "the linter reports nothing"

work=$(mktemp -d "$tests/system/typed_client/build.XXXXXX") # below node_modules' parent, so that imports are found
house=$(mktemp -d)
chmod 755 "$house"
trap '"$arbiter" down --dir "$house" >/dev/null 2>&1 || true; rm -rf "$work" "$house"' EXIT
cp tests/system/typed_client/story.ts "$work/"
"$bin/openapi-typescript" docs/openapi.yaml --default-non-nullable false -o "$work/api.d.ts" >/dev/null
cat >"$work/tsconfig.json" <<'JSON'
{"compilerOptions": {"strict": true, "noUncheckedIndexedAccess": true, "target": "es2022", "module": "nodenext",
  "moduleResolution": "nodenext", "types": ["node"], "typeRoots": ["../../../node_modules/@types"]}, "files": ["story.ts"]}
JSON
printf '{"type": "module"}' >"$work/package.json"
"$bin/tsc" -p "$work"
"$arbiter" up --dir "$house" --port 0 --policies policies >/dev/null
url=$(node -p "JSON.parse(require('fs').readFileSync('$house/house.json')).http_url")
token() { "$arbiter" token "$1" --key "$house/keys-private.json"; }
node "$work/story.js" "$url" "$(token typed-ann)" "$(token typed-bob)"
