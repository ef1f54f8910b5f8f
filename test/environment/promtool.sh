#!/usr/bin/env bash
# Puts promtool into the cache, from Debian's package, without installing that: it would start a server.
# Never fails: without promtool the tests that need it are skipped by name.
set -uo pipefail
target=$HOME/.cache/albsp/promtool
if command -v promtool >/dev/null || [ -x "$target/promtool" ]; then exit 0; fi
if command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  cd "$folder" || exit 0
  apt=(timeout --kill-after=10 150 apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
  # Lists can be fetched by root only; whoever is not uses those that are there.
  if [ "$(id -u)" = 0 ]; then "${apt[@]}" update >/dev/null 2>&1; fi
  if "${apt[@]}" -o APT::Sandbox::User=root download prometheus >/dev/null 2>&1 && dpkg-deb -x prometheus_*.deb . &&
    usr/bin/promtool --version >/dev/null 2>&1; then
    mkdir -p "$target" && install -m 755 usr/bin/promtool "$target/.promtool" && mv "$target/.promtool" "$target/promtool"
  fi
fi
if [ ! -x "$target/promtool" ]; then echo "SKIPPED: the tests with promtool: it is not here, and Debian's package prometheus could not be had"; fi
exit 0
