#!/bin/sh
# Whether every C file is as .clang-format wants it. Only version 14's opinion counts: others break
# lines elsewhere. $1 is the checkout.
set -eu
cd "$1"
program=clang-format-14
command -v "$program" >/dev/null || program=clang-format
if ! "$program" --version 2>/dev/null | grep -q 'version 14\.' || ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo "skipped: needs clang-format 14 and a git checkout"
    exit 77
fi
files=$(git ls-files '*.c' '*.h' | wc -l)
[ "$files" -gt 0 ]
git ls-files -z '*.c' '*.h' | xargs -0 "$program" --dry-run -Werror
echo "$files passed, 0 failed"
