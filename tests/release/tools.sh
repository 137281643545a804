#!/bin/sh
# Brings what a release is built with into FOLDER, from the package registries alone, and writes
# FOLDER/versions.txt. Nothing is installed: Debian's packages are unpacked, Python's go into a
# folder of their own. What is there already is used as it is.
#
# - a compiler whose standard library can be built for any target: Debian's rustc-web, cargo-web and
#   rust-web-src, which are of one version;
# - zig (PyPI: ziglang, cargo-zigbuild): musl, its start files and a C compiler for every target;
# - qemu-user-static: runs the foreign binary in a test.
set -eu

folder=${1:?usage: tools.sh FOLDER}
mkdir -p "$folder/root"
folder=$(cd "$folder" && pwd)
log=$folder/tools.log

say() { printf 'release: %s\n' "$1"; }
missing() {
    say "MISSING: $1 (see $log)"
    exit 1
}

# Downloads and unpacks what apt would install for PACKAGES, beyond what this machine has.
unpack() {
    rm -rf "$folder/debs"
    mkdir -p "$folder/debs/partial"
    apt-get install --reinstall --download-only --yes --no-install-recommends -o Debug::NoLocking=1 \
        -o "Dir::Cache::archives=$folder/debs" "$@" >>"$log" 2>&1 || return 1
    for deb in "$folder"/debs/*.deb; do dpkg -x "$deb" "$folder/root" || return 1; done
    rm -rf "$folder/debs"
}

debian() {
    [ -e "$folder/root/usr/bin/rustc" ] && return
    say "unpacking Debian's rustc-web, cargo-web, rust-web-src and their libraries"
    command -v apt-get >/dev/null || missing "apt-get: Debian's packages hold the compiler"
    apt-get update -qq >>"$log" 2>&1 || say "apt-get update failed; going on with the lists there are"
    unpack rustc-web cargo-web rust-web-src || missing "Debian's rustc-web, cargo-web, rust-web-src"
}

python() {
    [ -x "$folder/python/ziglang/zig" ] && [ -x "$folder/python/bin/cargo-zigbuild" ] && return
    say "PyPI: ziglang, cargo-zigbuild"
    python3 -m pip install --quiet --disable-pip-version-check --target "$folder/python" \
        ziglang cargo-zigbuild >>"$log" 2>&1 || missing "PyPI's ziglang and cargo-zigbuild"
}

qemu() {
    [ -x "$folder/root/usr/bin/qemu-aarch64-static" ] && return
    say "unpacking Debian's qemu-user-static"
    unpack qemu-user-static || say "no qemu-user-static: the aarch64 file is built and not run"
}

: >>"$log"
debian
python
qemu

library=$folder/root/usr/lib/$(uname -m)-linux-gnu
{
    LD_LIBRARY_PATH=$library "$folder/root/usr/bin/rustc" -V
    LD_LIBRARY_PATH=$library "$folder/root/usr/bin/cargo" -V
    printf 'zig %s\n' "$("$folder/python/ziglang/zig" version)"
    "$folder/python/bin/cargo-zigbuild" --version
} >"$folder/versions.txt"
cat "$folder/versions.txt"
