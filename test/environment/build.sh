#!/usr/bin/env bash
# Builds what the real tier of the tests runs against: etcd, kube-apiserver, kube-controller-manager
# and kubectl, from Go modules. Builds only what is missing; prints the folder as its last line.
# A cold build takes about 12 minutes on 2 cores. Needs Go 1.26 or later.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=v1.37.2
assets=${KUBEBUILDER_ASSETS:-$HOME/.cache/albsp/kubernetes-$version}
mkdir -p "$assets"

version_flags() {
  local package=$1
  printf -- '-X %s.gitVersion=%s -X %s.gitMajor=1 -X %s.gitMinor=37 -X %s.gitTreeState=clean ' \
    "$package" "$version" "$package" "$package" "$package"
}
flags="-s -w $(version_flags k8s.io/component-base/version)$(version_flags k8s.io/client-go/pkg/version)"

# build NAME MODULE_FOLDER PACKAGE: a rename at the end, so that a build that was cut off leaves nothing behind.
build() {
  local name=$1 folder=$2 package=$3
  if [ -x "$assets/$name" ]; then return; fi
  if ! command -v go >/dev/null; then
    echo "build.sh: '$name' is missing in $assets and Go is not installed" >&2
    exit 1
  fi
  echo "Building $name" >&2
  # -mod=mod only ever adds to a copy of the module files, never to the checkout.
  local work
  work=$(mktemp -d)
  cp "$here/$folder"/go.* "$work/"
  (cd "$work" && CGO_ENABLED=0 GOFLAGS=-mod=mod go build -trimpath -tags notest,grpcnotrace \
    -ldflags "$flags" -o "$assets/$name.part" "$package")
  if [ -n "${KEEP_GO_SUM:-}" ]; then cp "$work"/go.* "$here/$folder/"; fi
  rm -rf "$work"
  mv "$assets/$name.part" "$assets/$name"
}

build etcd etcd go.etcd.io/etcd/server/v3
build kube-apiserver kubernetes k8s.io/kubernetes/cmd/kube-apiserver
build kubectl kubernetes k8s.io/kubernetes/cmd/kubectl
build kube-controller-manager kubernetes k8s.io/kubernetes/cmd/kube-controller-manager
echo "$assets"
