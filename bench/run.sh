#!/usr/bin/env bash
# make bench: assay against its peers and against itself. bench/run.sh [NAME...] runs some of them; bench/README.md lists them.
# BENCH_PAIRS=2 is a quick look: it decides nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
all=(selftest point_select point_select_mariadb tpcc terminals load live_page agent_status coordinator generate populate)
[ $# -gt 0 ] || set -- "${all[@]}"
for name in "$@"; do
  case " ${all[*]} " in
    *" $name "*) ;;
    *)
      echo "bench/run.sh: no benchmark '$name'; expected some of: ${all[*]}" >&2
      exit 2
      ;;
  esac
done

tools/setup.sh bench
tools/build.sh release assay assay_page bare_libpq bare_ring delay_proxy generate_rows >/dev/null
mkdir -p bench/results
status=0
for name in "$@"; do
  rm -f "bench/results/$name.json" "bench/results/$name.md"
  python3 -B "bench/$name.py" || status=1
done

{
  printf '# make bench, %s\n\n' "$(date -u +%Y-%m-%dT%H:%MZ)"
  build/assay --version 2>/dev/null | sed 's/^/assay: /' || true
  sed -n 's/^model name\s*: /processor: /p' /proc/cpuinfo | head -1
  echo
  for name in "${all[@]}"; do
    if [ -e "bench/results/$name.md" ]; then cat "bench/results/$name.md"; fi
  done
} >bench/results/summary.md
echo "bench: every figure is in bench/results/*.json, the tables in bench/results/summary.md"
exit $status
