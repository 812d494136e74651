#!/usr/bin/env bash
# Installs what the build, the server and the tests need, from the distribution's
# packages. Quick when nothing is missing.
#
#   third_party/setup.sh [run|image|test]     image: also what the container image needs; test: and the tests
set -euo pipefail

# The build tool and its rule sets.
packages=(bazel-bootstrap bazel-rules-proto bazel-rules-java bazel-skylib)
# The compiler, the code generators and the API definitions that ours import.
packages+=(g++ pkg-config protobuf-compiler protobuf-compiler-grpc grpc-proto golang-github-gogo-googleapis-dev)
# The libraries of the server and the command line.
packages+=(libprotobuf-dev libprotoc-dev zlib1g-dev libgrpc++-dev libabsl-dev libboost-dev rapidjson-dev libspdlog-dev
  libcsv-dev libexpat1-dev libxxhash-dev libsqlite3-dev prometheus-cpp-dev libpq-dev
  libcjose-dev libssl-dev libcurl4-openssl-dev)
# Its time zones, and the client of the REST call that ./run shows.
packages+=(tzdata curl)

case "${1:-run}" in
  image | test) packages+=(buildah bubblewrap binutils ca-certificates python3) ;;
esac

if [ "${1:-run}" = test ]; then
  packages+=(libgtest-dev libgmock-dev libbenchmark-dev clang-format)
  packages+=(python3 python-is-python3)  # Bazel starts Python tests as `python`, found on the PATH of .bazelrc
  packages+=(clang libclang-rt-14-dev llvm)  # for the fuzz targets
  packages+=(python3-venv)  # for the schema fuzzer and the Python stubs, of the Python registry
  packages+=(postgresql postgresql-client sqlite3)  # of which the tests start servers of their own, and copies of stores
  packages+=(python3-yaml)  # for the Kubernetes manifests and the alerts
  packages+=(prometheus nginx-light)  # which the tests start themselves
  packages+=(openssl nghttp2-client)  # certificates of the tests, and h2load
  # Other ways to have these are as good as the distribution's.
  command -v npm > /dev/null || packages+=(nodejs npm)
  command -v go > /dev/null || packages+=(golang-go)
  command -v javac > /dev/null || packages+=(default-jdk-headless)
  command -v mvn > /dev/null || packages+=(maven)
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing: ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || {
    echo "These packages are missing, and only root can install them: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
