#!/usr/bin/env bash
# Builds the Dockerfile twice where no base image can be pulled. Stand-ins for the two bases are made of this machine's
# own files: the Node of package.json with the libraries it links, and for the build stage npm and a shell. So what is
# proved is the Dockerfile and what it makes of our sources, not what is in the real bases.
# Usage: image.sh STORE, a new folder; the images are `localhost/albsp:first` and `localhost/albsp:second` there.
# Needs buildah, root and the right to mount. npm's cache is used, so that no registry need answer.
set -euo pipefail
umask 022
cd "$(dirname "$0")/../.."
store=$(realpath -m "$1")
mkdir -p "$store"
node=$(readlink -f node_modules/node-linux-*/bin/node)
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
certificates=/etc/ssl/certs/ca-certificates.crt

# Overlay where the kernel lets us, since it copies nothing.
driver=overlay
image() { buildah --root "$store/images" --runroot "$store/run" --storage-driver "$driver" "$@"; }
image images >/dev/null 2>&1 || { rm -rf "$store/images" "$store/run"; driver=vfs; }
echo "$driver" >"$store/driver"

# put ROOT FILE...: the files, and the libraries that they link.
put() {
  local root=$1 file
  shift
  for file in "$@" $(ldd "$@" | grep -oE '/[^ :]+( |$)' | sort -u); do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}

# The runtime base: Node where distroless has it, no shell, nothing else.
container=$(image from scratch)
root=$(image mount "$container")
mkdir -p "$root/nodejs/bin" "$root/home/nonroot" "$root/etc/ssl/certs" "$root/tmp"
chmod 1777 "$root/tmp"
put "$root" "$node"
mv "$root$node" "$root/nodejs/bin/node"
if [ -e "$certificates" ]; then cp -L "$certificates" "$root$certificates"; fi
echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$root/etc/passwd"
image config --user 65532 --workingdir /home/nonroot --env SSL_CERT_FILE=$certificates "$container"
image commit --quiet --rm "$container" gcr.io/distroless/nodejs26-debian13:nonroot >/dev/null

# The build base: the same with a shell and `env`; npm is mounted. What this machine's npm is told (a proxy, its
# certificates) counts inside as well.
container=$(image from --pull-never gcr.io/distroless/nodejs26-debian13:nonroot)
root=$(image mount "$container")
put "$root" /bin/sh /usr/bin/env
mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/npm" "$root/root"
ln -s /nodejs/bin/node "$root/usr/local/bin/node"
ln -s ../lib/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
image config --user 0 --workingdir / --env PATH=/usr/local/bin:/usr/bin:/bin --env HOME=/root \
  --env NODE_EXTRA_CA_CERTS=$certificates --env npm_config_prefer_offline=true "$container"
image commit --quiet --rm "$container" docker.io/library/node:26-trixie-slim >/dev/null

# build TAG FOLDER
cache=$(npm config get cache 2>/dev/null)
mkdir -p "$cache"
mounts=(--volume "$cache:/root/.npm" --volume "$npm:/usr/local/lib/npm:ro")
for file in "$HOME/.npmrc" /etc/ssl/certs; do
  if [ -e "$file" ]; then mounts+=(--volume "$file:${file/#$HOME//root}:ro"); fi
done
build() {
  image bud --isolation chroot --pull-never --no-cache --timestamp 0 "${mounts[@]}" \
    --tag "localhost/albsp:$1" "$2" </dev/null >"$store/$1.log" 2>&1
}

# Another folder, other times, other modes: none of that may be seen in the image.
second=$store/elsewhere
mkdir -m 700 "$second"
(umask 077; cp -r Dockerfile .dockerignore .npmrc package.json package-lock.json tsconfig.json LICENSE crds scripts src "$second")
find "$second" -exec touch --no-dereference --date='2001-02-03 04:05:06' {} +
build first . &
first=$!
failed=0
build second "$second" || failed=1
wait "$first" || failed=1
if [ "$failed" = 1 ]; then tail -n 25 "$store"/{first,second}.log >&2; fi
exit "$failed"
