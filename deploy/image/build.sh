#!/usr/bin/env bash
# Builds the container image, without a container engine, and tries it.
#
#   deploy/image/build.sh [DIRECTORY]      by default image/
#
# Writes DIRECTORY/instant-costs.oci.tar (an OCI archive, tag instant-costs:VERSION) and
# DIRECTORY/instant-costs.spdx.json (what is in it), and prints the image's digest. It is
# made twice, and must be the same; then it is run as Kubernetes would, and called.
#
#   skopeo copy oci-archive:image/instant-costs.oci.tar docker://REGISTRY/instant-costs:VERSION
set -euo pipefail
output=$(realpath --canonicalize-missing "${1:-image}")
cd "$(dirname "$0")/../.."

third_party/setup.sh image
bazel build --config=opt --noshow_progress --ui_event_filters=-info //service/server:costsd //client/cli:costs >&2

version=$(git describe --always --dirty 2> /dev/null || echo unknown)
epoch=${SOURCE_DATE_EPOCH:-$(git log --max-count=1 --format=%ct 2> /dev/null || echo 0)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

engine() { buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }

make_image() {  # NUMBER: $work/NUMBER.tar
  local container
  python3 -B deploy/image/root.py --costsd=bazel-bin/service/server/costsd --costs=bazel-bin/client/cli/costs \
    --catalog=service/catalog/demo --version="$version" --epoch="$epoch" "$work/root$1"
  tar --create --file "$work/root$1.tar" --directory "$work/root$1" --sort=name --mtime="@$epoch" --numeric-owner .
  container=$(engine from scratch)
  engine add --quiet "$container" "$work/root$1.tar" / > /dev/null
  engine config --user 65532:65532 --workingdir /data --entrypoint '["/usr/bin/costsd"]' --cmd '' \
    --port 50051/tcp --port 8080/tcp --port 9090/tcp --stop-signal SIGTERM \
    --label org.opencontainers.image.title=instant-costs --label "org.opencontainers.image.version=$version" \
    --label "org.opencontainers.image.description=What a meter record cost, in money and carbon, over gRPC and REST" \
    "$container"
  engine commit --quiet --rm --format oci --disable-compression=false --timestamp "$epoch" "$container" "oci-archive:$work/$1.tar:instant-costs:$version" > /dev/null
  tar --extract --to-stdout --file "$work/$1.tar" index.json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["manifests"][0]["digest"])' > "$work/digest$1"
}

make_image 1
make_image 2
if ! cmp --silent "$work/digest1" "$work/digest2"; then
  echo "the image is not reproducible: $(cat "$work/digest1"), then $(cat "$work/digest2")" >&2
  exit 1
fi
mkdir -p "$output"
mv "$work/1.tar" "$output/instant-costs.oci.tar"
cp "$work/root1/usr/share/doc/instant-costs/sbom.spdx.json" "$output/instant-costs.spdx.json"
python3 -B deploy/image/check.py "$output/instant-costs.oci.tar"
echo "$output/instant-costs.oci.tar  instant-costs:$version  $(cat "$work/digest1")"
