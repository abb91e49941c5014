#!/usr/bin/env bash
# clang-format over the C++ files of the repository: tools/format.sh --check|--fix
# Version 14, Debian 12's: another version formats differently, so it is refused.
set -euo pipefail
cd "$(dirname "$0")/.."
format=clang-format
! command -v clang-format-14 >/dev/null || format=clang-format-14
$format --version | grep -q 'version 14\.' || {
  echo "tools/format.sh: clang-format 14 is needed (Debian 12's), found: $($format --version)" >&2
  exit 1
}
case "${1:-}" in
  --check) options=(--dry-run -Werror) ;;
  --fix) options=(-i) ;;
  *)
    echo "usage: tools/format.sh --check|--fix" >&2
    exit 2
    ;;
esac
folders=()
for folder in src tests bench; do [ ! -d $folder ] || folders+=("$folder"); done
find "${folders[@]}" -name node_modules -prune -o \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 -r -n 16 -P "$(nproc)" $format "${options[@]}" || {
  [ "$1" = --fix ] || echo "make format changes these" >&2
  exit 1
}
