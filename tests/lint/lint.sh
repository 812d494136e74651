#!/bin/bash
# Checks what a compiler does not: the API's style and the sources' format.
#
#   tests/lint/lint.sh          one line for each check; exit 1 if one fails
#   tests/lint/lint.sh --fix    formats in place instead, then checks
#
# The checks look at the files that git has or would add. (clang-tidy is a build
# configuration: bazel build --config=clang-tidy //...)
#
# Two of the tools are npm packages, pinned by package-lock.json here. They are
# installed once for each state of the lock, under ~/.cache/instant-costs. A
# tool that cannot be had is skipped, by name and with its remedy; with CI=true
# a skip is a failure. (buf is named by platform, because the package that
# chooses one wants all platforms in the lock.)
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

# Debian's golang-github-gogo-googleapis-dev; another place by the environment.
googleapis=${GOOGLEAPIS_PROTOS:-/usr/share/gocode/src/github.com/gogo/googleapis}

fix=false
case "${1:-}" in
  '') ;;
  --fix) fix=true ;;
  *) echo "usage: tests/lint/lint.sh [--fix]" >&2; exit 2 ;;
esac

failures=0
skips=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

passed() { printf 'ok       %s\n' "$1"; }
failed() {  # NAME, and what is wrong on standard input
  printf 'FAILED   %s\n' "$1"
  sed 's/^/         /'
  failures=$((failures + 1))
}
skipped() {  # NAME REASON
  printf 'SKIPPED  %s: %s\n' "$1" "$2"
  skips=$((skips + 1))
}

# Runs a command; NAME passes if it succeeds and fails with its output if not.
check() {  # NAME COMMAND...
  local name=$1
  shift
  if "$@" > "$scratch/out" 2>&1; then passed "$name"; else failed "$name" < "$scratch/out"; fi
}

# The files of the tree whose path matches a regular expression, deleted ones
# left out, one on each line.
sources() {  # REGEX
  if git rev-parse --is-inside-work-tree > /dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard
  else
    find . -type f -not -path './bazel-*' -not -path './.git/*' | sed 's#^\./##'
  fi | { grep -E "$1" || true; } | sort -u | while IFS= read -r file; do
    if [ -f "$file" ]; then printf '%s\n' "$file"; fi
  done
}

# Sets `buf` and `buildifier` to the installed programs. Returns 1, and says why
# in `no_tools`, where they cannot be had.
buf=
buildifier=
no_tools=
install_tools() {
  local key folder new
  if ! command -v npm > /dev/null || ! command -v node > /dev/null; then
    no_tools='npm is not installed (apt-get install npm)'
    return 1
  fi
  key=$(cat "$here/package.json" "$here/package-lock.json" "$here/.npmrc" | sha256sum | cut -c1-16)
  folder=$HOME/.cache/instant-costs/lint-$(uname -s)-$(uname -m)-$key
  if [ ! -d "$folder" ]; then
    mkdir -p "$(dirname "$folder")"
    new=$(mktemp -d "$folder.XXXXXX")
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$new"
    # The packages are used as they are; no script of theirs is run.
    if ! (cd "$new" && npm ci --ignore-scripts) > "$scratch/npm" 2>&1; then
      rm -rf "$new"
      no_tools="npm ci failed: $(grep -iE '^npm (error|err!)' "$scratch/npm" | head -n 1)"
      return 1
    fi
    # npm passes over an optional package that it cannot get; so do not keep that.
    if ! compgen -G "$new/node_modules/@bufbuild/buf-*/bin/buf" > /dev/null; then
      rm -rf "$new"
      no_tools="npm has no buf for $(uname -sm) (package.json names the platforms)"
      return 1
    fi
    # Another run may have been quicker: theirs is as good.
    mv -T "$new" "$folder" 2> /dev/null || rm -rf "$new"
  fi
  buf=$(compgen -G "$folder/node_modules/@bufbuild/buf-*/bin/buf")
  buildifier=$folder/node_modules/.bin/buildifier
}

# A package's address in the lock would tie the project to a registry.
check_lock() {
  if grep -nE '"resolved"|://' {tests/lint,client/stubs/typescript}/{package-lock.json,package.json,.npmrc}; then
    echo 'remove the addresses: npm install --package-lock-only, there, and the "funding" entries'
    return 1
  fi
}

# buf wants the imports in the module or from a registry. So it gets a copy of
# the module with the imports put in, and looks at our part of it only.
# (google/protobuf is built into buf.)
check_buf() {
  local module=$scratch/module file
  mkdir "$module"
  cp proto/buf.yaml "$module"
  sources '^proto/.*\.proto$' | while IFS= read -r file; do
    mkdir -p "$module/$(dirname "${file#proto/}")"
    cp "$file" "$module/${file#proto/}"
  done
  for file in google/api/annotations.proto google/api/http.proto google/rpc/status.proto; do
    mkdir -p "$module/$(dirname "$file")"
    cp "$googleapis/$file" "$module/$file"
  done
  BUF_CACHE_DIR=$scratch/buf "$buf" lint "$module" --path "$module/energy" > "$scratch/buf.out" 2>&1 && return
  sed "s#[^ ]*/module/#proto/#g" "$scratch/buf.out"
  return 1
}

check_buildifier() {
  if ! "$buildifier" -mode=check "${bazel_files[@]}"; then
    echo 'remedy: tests/lint/lint.sh --fix'
    return 1
  fi
}

check_clang_format() {
  if ! clang-format --dry-run -Werror "${cpp_files[@]}"; then
    echo 'remedy: tests/lint/lint.sh --fix'
    return 1
  fi
}

mapfile -t proto_files < <(sources '^proto/.*\.proto$')
mapfile -t bazel_files < <(sources '(^|/)(BUILD|WORKSPACE)(\.bazel)?$|\.(BUILD|bzl)$')
mapfile -t cpp_files < <(sources '\.(cc|h)$')

install_tools || true

check 'npm locks without addresses' check_lock

name="buf lint (${#proto_files[@]} files)"
if [ -n "$no_tools" ]; then
  skipped "$name" "$no_tools"
elif [ ! -f "$googleapis/google/api/annotations.proto" ]; then
  skipped "$name" 'the google/api protos are missing (apt-get install golang-github-gogo-googleapis-dev)'
else
  check "$name" check_buf
fi

name="buildifier (${#bazel_files[@]} files)"
if [ -n "$no_tools" ]; then
  skipped "$name" "$no_tools"
else
  if $fix; then "$buildifier" -mode=fix "${bazel_files[@]}"; fi
  check "$name" check_buildifier
fi

name="clang-format (${#cpp_files[@]} files)"
if ! command -v clang-format > /dev/null; then
  skipped "$name" 'clang-format is not installed (apt-get install clang-format)'
elif [ "${#cpp_files[@]}" -eq 0 ]; then
  passed "$name"
else
  if $fix; then clang-format -i "${cpp_files[@]}"; fi
  check "$name" check_clang_format
fi

if [ "$skips" -gt 0 ] && [ "${CI:-}" = true ]; then
  printf 'FAILED   %d skipped, which CI=true does not allow\n' "$skips"
  exit 1
fi
[ "$failures" -eq 0 ]
