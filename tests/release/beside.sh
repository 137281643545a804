#!/bin/sh
# What a released file holds beside crates, a line each: NAME|VERSION|LICENCE|FILE OF THE LICENCE.
set -eu

tools=${RELEASE_TOOLS:?the folder that tools.sh has filled}
dbus=$(ls -d "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/libdbus-sys-*/vendor/dbus | tail -n 1)
zig=$tools/python/ziglang
version() { sed -n "$1" "$2" | head -n 1; }

echo "libdbus|$(version 's/^dbus \([0-9.]*\).*/\1/p' "$dbus/NEWS")|AFL-2.1 OR GPL-2.0-or-later|$dbus/COPYING"
echo "musl|$(version 's/.*VERSION "\(.*\)"/\1/p' "$zig/lib/libc/musl/src/internal/version.h")|MIT|$zig/lib/libc/musl/COPYRIGHT"
echo "zig-runtime|$(cat "$tools/zig-version")|MIT|$zig/LICENSE"
for rust in "$tools"/root/usr/src/rustc-*; do
    echo "rust-std|${rust##*/rustc-}|MIT OR Apache-2.0|$rust/COPYRIGHT"
done
