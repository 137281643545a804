#!/bin/sh
# Builds the committed state twice, in two folders with paths of different length, each with
# its own target folder, and compares the two binaries byte by byte. Takes minutes.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ -z "$(git status --porcelain)" ] || echo "note: uncommitted changes are not in these builds"

build() {
    git clone --quiet --no-hardlinks . "$1"
    # Not a target folder of the caller's: each build stands alone.
    env -u CARGO_TARGET_DIR make --silent -C "$1" all
    find "$1"/target/*/release -maxdepth 1 -name user-sync -exec mv {} "$2" \;
}

build "$folder/a" "$folder/first"
build "$folder/another-much-longer-folder" "$folder/second"
if cmp "$folder/first" "$folder/second"; then
    echo "the same bytes: $(sha256sum <"$folder/first" | cut -d' ' -f1)"
else
    echo "the two builds differ" >&2
    exit 1
fi
