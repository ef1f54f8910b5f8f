#!/usr/bin/env bash
# Installs what the tests of the image need to build and run it, where that is a matter of Debian packages.
# Never fails: what is missing afterwards is said here, and the tests that need it are skipped by name.
set -uo pipefail
programs=(buildah podman runc)

missing() {
  local program
  for program in "${programs[@]}"; do command -v "$program" >/dev/null || echo "$program"; done
}

if [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  # A registry that does not answer must not hold up the rest.
  apt=(timeout --kill-after=10 150 apt-get -qq -o DPkg::Lock::Timeout=60 -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
  "${apt[@]}" update >/dev/null 2>&1 || echo "containers.sh: 'apt-get update' failed; the old lists are used"
  "${apt[@]}" install --yes --no-install-recommends "${programs[@]}" >/dev/null 2>&1 || echo "containers.sh: 'apt-get install ${programs[*]}' failed"
fi
if [ -n "$(missing)" ]; then echo "SKIPPED: the tests of the image: no $(missing | paste -sd, -)"; fi
exit 0
