#!/usr/bin/env bash
# Builds the programs by which the tests ask kstatus, Flux and Argo CD's Lua what they make of an object, from Go
# modules. Builds only when something here changed; prints the folder as its last line.
# A cold build takes about 3 minutes on 2 cores. Needs Go 1.26 or later.
set -euo pipefail
cd "$(dirname "$0")"
# test/environment/clients.ts computes the same.
stamp=$(find . -name 'go.*' -o -name '*.go' | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-12)
folder=$HOME/.cache/albsp/clients-$stamp
if [ ! -x "$folder/argocd" ]; then
  if ! command -v go >/dev/null; then
    echo "build.sh: '$folder' is missing and Go is not installed" >&2
    exit 1
  fi
  mkdir -p "$folder.part"
  CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$folder.part/" ./kstatus ./flux ./argocd >&2
  rm -rf "$folder"
  # A rename at the end, so that a build that was cut off leaves nothing behind.
  mv "$folder.part" "$folder"
fi
echo "$folder"
