#!/bin/sh
# Builds the released files: dist/user-sync-VERSION-ARCH-linux.tar.gz for x86_64 and aarch64, and
# dist/SHA256SUMS. musl, static, position-independent. `tools.sh` brings what it needs. Where a
# cross part is missing it says so and builds the rest. Needs the network, and some minutes.
# ARCHITECTURES="x86_64" builds fewer.
set -eu

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
folder=${CARGO_TARGET_DIR:-target}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tools=$folder/release-tools
dist=$(pwd)/dist

say() { printf 'release: %s\n' "$1"; }

[ -z "$(git status --porcelain)" ] || say "note: there are uncommitted changes; nobody can rebuild these files"
sh tests/release/tools.sh "$tools"
host=$(uname -m)
LD_LIBRARY_PATH=$tools/root/usr/lib/$host-linux-gnu
PATH=$tools/root/usr/bin:$PATH
RELEASE_TOOLS=$tools
RUSTC=$tools/root/usr/bin/rustc
# zig keeps what it has compiled.
XDG_CACHE_HOME=$tools/cache
export LD_LIBRARY_PATH PATH RUSTC RELEASE_TOOLS XDG_CACHE_HOME
CARGO_TARGET_DIR=$folder/release-build
export CARGO_TARGET_DIR
CARGO="$tools/root/usr/bin/cargo"
export CARGO

# The binary for one architecture; its path on standard output.
build() {
    sh tests/release/build.sh "$1-unknown-linux-musl" --bin user-sync >&2
    printf '%s\n' "$CARGO_TARGET_DIR/$1-unknown-linux-musl/release/user-sync"
}

# The same time in every archive of one commit.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
commit=$(git rev-parse HEAD 2>/dev/null || echo "not known")

pack() {
    arch=$1
    binary=$2
    name=user-sync-$version-$arch-linux
    stage=$folder/release-stage/$name
    rm -rf "$stage"
    mkdir -p "$stage/completions" "$stage/manual" "$stage/systemd" "$stage/cron"
    cp "$binary" "$stage/user-sync"
    cp "$folder/release-stage/user-sync.1" "$stage/"
    cp "$folder"/release-stage/completions/* "$stage/completions/"
    cp src/manual/*.md "$stage/manual/"
    cp testdata/release/user-sync.service testdata/release/user-sync.timer "$stage/systemd/"
    cp testdata/release/user-sync.cron "$stage/cron/user-sync"
    target=$arch-unknown-linux-musl
    sh tests/release/licences.sh "$target" >"$stage/LICENCES.txt"
    sh tests/release/sbom.sh "$target" >"$stage/sbom.cdx.json"
    sed -e "s/@VERSION@/$version/g" -e "s/@ARCH@/$arch/g" -e "s/@COMMIT@/$commit/g" -e "/@TOOLS@/{
        r $tools/versions.txt
        d
        }" testdata/release/INSTALL.txt >"$stage/INSTALL.txt"
    (cd "$stage" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
    chmod -R u=rwX,go=rX "$stage"
    tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" \
        --directory "$folder/release-stage" "$name" | gzip -n -9 >"$dist/$name.tar.gz"
    say "dist/$name.tar.gz: binary of $(stat -c %s "$binary") bytes"
}

# What the program generates of itself; the file of this machine does it for all.
describe() {
    mkdir -p "$folder/release-stage/completions"
    "$1" generate man >"$folder/release-stage/user-sync.1"
    "$1" generate bash >"$folder/release-stage/completions/user-sync.bash"
    "$1" generate zsh >"$folder/release-stage/completions/_user-sync"
    "$1" generate fish >"$folder/release-stage/completions/user-sync.fish"
}

rm -rf "$dist" "$folder/release-stage"
mkdir -p "$dist"
own=$(build "$host")
describe "$own"
for arch in ${ARCHITECTURES:-x86_64 aarch64}; do
    if binary=$(build "$arch"); then
        pack "$arch" "$binary"
    else
        say "MISSING: $arch could not be built; the messages above say why"
    fi
done
cd "$dist"
sha256sum -- *.tar.gz >SHA256SUMS
cat SHA256SUMS
