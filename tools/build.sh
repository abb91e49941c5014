#!/usr/bin/env bash
# Configures a CMake preset and builds targets of it: tools/build.sh PRESET TARGET...
# Installs nothing; tools/setup.sh does. An unchanged tree costs a second.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || { echo "usage: tools/build.sh PRESET TARGET..." >&2; exit 2; }
preset=$1
shift
dir=build/$preset
[ "$preset" != release ] || dir=build

# A cache left by another folder (a copied or moved checkout) would be refused by CMake with a long text: drop it.
if [ -e "$dir/CMakeCache.txt" ] && ! grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$dir/CMakeCache.txt"; then
  rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles"
fi
cmake --preset "$preset" >"${TMPDIR:-/tmp}/assay-configure.$$" 2>&1 || {
  cat "${TMPDIR:-/tmp}/assay-configure.$$" >&2
  rm -f "${TMPDIR:-/tmp}/assay-configure.$$"
  exit 1
}
rm -f "${TMPDIR:-/tmp}/assay-configure.$$"
# shellcheck disable=SC2086 # NINJA_FLAGS is a list of flags
exec ninja -C "$dir" ${NINJA_FLAGS:-} "$@"
