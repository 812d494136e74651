#!/usr/bin/env bash
# Looks for faults with every fuzz target, for a while each.
#
#   tests/fuzz/fuzz.sh [SECONDS [TARGET…]]    60 seconds and all targets by default
#
# A target for each core at a time, beginning with its seeds. What one finds is left in
# fuzz-findings/ as a file that reproduces it, and the exit code is 1; a finding that is
# mended becomes a seed. Needs clang with libFuzzer.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
[ $# -gt 0 ] && shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(bazel query --noshow_progress 'kind(cc_binary, //tests/fuzz:all)' 2> /dev/null | sed 's/.*://' | sort)
fi
bazel build --config=fuzz --noshow_progress --ui_event_filters=-info "${targets[@]/#///tests/fuzz:}"
findings=$PWD/fuzz-findings
mkdir -p "$findings"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fuzz() {  # TARGET
  local log=$work/$1.log corpus=$work/$1
  mkdir -p "$corpus"
  if "bazel-bin/tests/fuzz/$1" "$corpus" "tests/fuzz/seeds/$1" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$findings/$1-" > "$log" 2>&1; then
    printf 'ok       %-28s %10s runs\n' "$1" "$(sed -n 's/stat::number_of_executed_units: *//p' "$log")"
  else
    printf 'FAILED   %s\n' "$1"
    tail -n 60 "$log"
    touch "$work/failed"
  fi
}
export -f fuzz
export work findings seconds

# xargs ends with an error only where fuzz itself could not be run.
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'
rmdir --ignore-fail-on-non-empty "$findings"
[ ! -e "$work/failed" ]
