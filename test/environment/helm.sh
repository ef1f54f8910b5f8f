#!/usr/bin/env bash
# Builds the two Helms that the chart is tested with, from Go modules. Builds only what is missing;
# prints the folders, one a line. About 2 minutes each on 2 cores. Needs Go 1.26 or later.
# The versions stand in scripts/chart/helm.ts as well.
set -euo pipefail
cache=$HOME/.cache/albsp

# The Kubernetes version that `helm template` and `helm lint` assume is set by the linker; without it Helm 3 says 1.20.
# build VERSION MODULE KUBERNETES_PACKAGE: a rename at the end, so that a build that was cut off leaves nothing behind.
build() {
  local version=$1 module=$2 kubernetes=$3
  local folder=$cache/helm-$version
  echo "$folder"
  if [ -x "$folder/helm" ]; then return; fi
  if ! command -v go >/dev/null; then
    echo "helm.sh: 'helm' is missing in $folder and Go is not installed" >&2
    exit 1
  fi
  echo "Building helm $version" >&2
  mkdir -p "$folder"
  local work
  work=$(mktemp -d)
  GOBIN=$work CGO_ENABLED=0 go install -trimpath -ldflags "-s -w \
    -X $module/internal/version.version=$version -X $module/internal/version.metadata= \
    -X $kubernetes.k8sVersionMajor=1 -X $kubernetes.k8sVersionMinor=37" "$module/cmd/helm@$version" >&2
  mv "$work/helm" "$folder/helm.part"
  rm -rf "$work"
  mv "$folder/helm.part" "$folder/helm"
}

build v4.3.1 helm.sh/helm/v4 helm.sh/helm/v4/pkg/chart/common
build v3.22.0 helm.sh/helm/v3 helm.sh/helm/v3/pkg/chartutil
