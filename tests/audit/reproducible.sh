#!/bin/sh
# Builds the committed state in folders with paths of different length, each with its own target
# folder, and compares byte by byte: the local file twice; with RELEASED=1 each archive in `dist/`
# with one that is made anew (ARCHITECTURES="x86_64" for fewer). Takes minutes.
set -eu

here=$(pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ -z "$(git status --porcelain)" ] || echo "note: uncommitted changes are not in these builds"

build() {
    git clone --quiet --no-hardlinks . "$1"
    # Not a target folder of the caller's: each build stands alone.
    env -u CARGO_TARGET_DIR make --silent -C "$1" all
    find "$1"/target/*/release -maxdepth 1 -name user-sync -exec mv {} "$2" \;
}

same() {
    if cmp "$1" "$2"; then
        echo "the same bytes: $3 $(sha256sum <"$1" | cut -d' ' -f1)"
    else
        echo "the two builds of $3 differ" >&2
        exit 1
    fi
}

if [ -z "${RELEASED:-}" ]; then
    build "$folder/a" "$folder/first"
    build "$folder/another-much-longer-folder" "$folder/second"
    same "$folder/first" "$folder/second" user-sync
    exit
fi

ARCHITECTURES=${ARCHITECTURES:-x86_64 aarch64}
export ARCHITECTURES
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
again=$folder/another-much-longer-folder
git clone --quiet --no-hardlinks . "$again"
tools=${CARGO_TARGET_DIR:-target}/release-tools
if [ -d "$tools" ]; then
    # The same tools in another place; musl is built anew there.
    mkdir -p "$again/target/release-tools"
    for part in root python; do cp -r "$tools/$part" "$again/target/release-tools/"; done
fi
env -u CARGO_TARGET_DIR make --silent -C "$again" release
for arch in $ARCHITECTURES; do
    name=user-sync-$version-$arch-linux.tar.gz
    same "$here/dist/$name" "$again/dist/$name" "$name"
done
