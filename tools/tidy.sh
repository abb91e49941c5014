#!/usr/bin/env bash
# The fatal clang-tidy list (.clang-tidy): tools/tidy.sh [--all | FILE...]
# Without arguments: the .cc files of base, stats, runtime and core, and those that differ from origin/main. Tests are left out
# unless they are named: they double the time, and do on purpose what the list forbids (use after move). Reads the compile commands of the preset dev, in which each file stands alone; it is configured, not built.
set -euo pipefail
cd "$(dirname "$0")/.."
tidy=clang-tidy
! command -v clang-tidy-14 >/dev/null || tidy=clang-tidy-14
tools/build.sh dev help >/dev/null

if [ "${1:-}" = --all ]; then
  files=$(find src -name '*.cc' ! -name '*_test.cc' ! -name '*_livetest.cc')
elif [ $# -gt 0 ]; then
  files=$(printf '%s\n' "$@")
else
  files=$(find src/base src/stats src/runtime src/core -name '*.cc' ! -name '*_test.cc' ! -name '*_livetest.cc')
  # In a shallow clone there may be no origin/main: the floors above are what is checked then.
  if base=$(git merge-base HEAD origin/main 2>/dev/null); then
    files+=$'\n'$(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc' ':!*_test.cc' ':!*_livetest.cc')
  fi
fi
# Only what is compiled here: the code of a driver whose library is absent cannot be read.
files=$(printf '%s\n' "$files" | sort -u | while read -r file; do
  ! grep -qF "$PWD/$file\"" build/dev/compile_commands.json || echo "$file"
done)
[ -n "$files" ] || { echo "tools/tidy.sh: not one file to check" >&2; exit 1; }
# The count of suppressed warnings of system headers is noise; what is left is a finding.
printf '%s\n' "$files" | xargs -n 1 -P "$(nproc)" $tidy --quiet -p build/dev --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings\? generated\.$' >&2)
echo "$(printf '%s\n' "$files" | wc -l) files are clean"
