#!/bin/sh
# Builds the static binary: build.sh TARGET [more arguments for `cargo build`].
#
# The same bytes wherever the sources lie: no path of this machine in Rust code or in C code. A
# position-independent file, so that its addresses can be randomised, with packed relocations.
# Small: a panic aborts, so nothing unwinds and the tables for it, a tenth of the file, are left
# out. The compiler cannot leave out those of the standard library and of C; the linker can.
#
# Paths may hold blanks: flags travel in CARGO_ENCODED_RUSTFLAGS, one between two unit separators.
set -eu

target=${1:?usage: build.sh TARGET [arguments]}
shift
sources=$(pwd)
home=${CARGO_HOME:-$HOME/.cargo}
folder=${CARGO_TARGET_DIR:-target}

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
# The C runtime marks begin and end of the tables in its own files, which stay.
script=$folder/no-unwind-tables.ld
printf '%s\n' 'SECTIONS { /DISCARD/ : { EXCLUDE_FILE(*crtbegin*.o *crtend*.o) *(.eh_frame) } }' \
    'INSERT AFTER .rodata;' >"$script"

flags() {
    printf '%s' "-Ctarget-feature=+crt-static"
    printf '\037%s' "-Crelocation-model=pic" "-Cforce-unwind-tables=no" \
        "-Clink-arg=-Wl,-z,pack-relative-relocs" "-Clink-arg=-Wl,-z,relro,-z,now" \
        "--remap-path-prefix=$sources=." "--remap-path-prefix=$home=cargo" \
        "--remap-path-prefix=${RELEASE_TOOLS:-/nowhere}=tools" "$@"
}

build="build"
case $target in
    # The script is for GNU's C runtime.
    *-gnu) CARGO_ENCODED_RUSTFLAGS=$(flags "-Clink-arg=-Wl,-T,$script") ;;
    # zig brings musl's start files, and the standard library is built from its sources.
    *-musl) if [ -n "${CARGO_ZIGBUILD_ZIG_PATH:-}" ]; then
        CARGO_ENCODED_RUSTFLAGS=$(flags "-Clink-self-contained=no")
        build="zigbuild -Zbuild-std=std,panic_abort"
    else
        CARGO_ENCODED_RUSTFLAGS=$(flags)
    fi ;;
esac
# The C parts (ring, libdbus): the same, in a shell's words.
CFLAGS="-fno-asynchronous-unwind-tables '-ffile-prefix-map=$sources=.' '-ffile-prefix-map=$home=cargo'"
CC_SHELL_ESCAPED_FLAGS=1
unset RUSTFLAGS
export CARGO_ENCODED_RUSTFLAGS CFLAGS CC_SHELL_ESCAPED_FLAGS
# shellcheck disable=SC2086 # words
exec "${CARGO:-cargo}" $build --release --locked --target "$target" "$@"
