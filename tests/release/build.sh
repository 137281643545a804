#!/bin/sh
# Builds the static binary: build.sh TARGET [more arguments for `cargo build`].
#
# The same bytes wherever the sources lie: no path of this machine in Rust code or in C code. A
# position-independent file, so that its addresses can be randomised. Small: a panic aborts, so
# nothing unwinds and the tables for it, a tenth of the file, are left out. The compiler cannot leave
# out those of the standard library and of C; the linker can. Functions of the same code are one
# (`--icf`), and little is inlined: 160 kB less, and not slower.
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
printf '%s\n' 'SECTIONS { /DISCARD/ : { EXCLUDE_FILE(*crtbegin*.o *crtend*.o) *(.eh_frame .gcc_except_table*) } }' \
    'INSERT AFTER .rodata;' >"$script"

flags() {
    printf '%s' "-Ctarget-feature=+crt-static"
    printf '\037%s' "-Crelocation-model=pic" "-Cforce-unwind-tables=no" \
        "-Cllvm-args=-inline-threshold=25" \
        "--remap-path-prefix=$sources=." "--remap-path-prefix=$home=cargo" \
        "--remap-path-prefix=${RELEASE_TOOLS:-/nowhere}=tools" "$@"
}

# There Rust brings its own linker, lld, since 1.90; another one may not know the option.
icf=
[ "$target" != x86_64-unknown-linux-gnu ] || icf=-Clink-arg=-Wl,--icf=all

set -- --release --locked --target "$target" "$@"
case $target in
    *-gnu) CARGO_ENCODED_RUSTFLAGS=$(flags "-Clink-arg=-Wl,-z,relro,-z,now" \
        "-Clink-arg=-Wl,-T,$script" "-Clink-arg=-Wl,-z,pack-relative-relocs" $icf) ;;
    # `tools.sh` has brought musl, a linker, and the sources of the standard library, which is built
    # small and without the reader of backtraces: the file holds no symbols that it could show.
    # Rust itself asks for a position-independent file on x86_64 only.
    *-musl) if [ -n "${RELEASE_TOOLS:-}" ]; then
        arch=${target%%-*}
        musl=$RELEASE_TOOLS/musl-$arch
        CARGO_ENCODED_RUSTFLAGS=$(flags "-Clinker=$RELEASE_TOOLS/bin/ld" "-Clinker-flavor=ld" \
            "-Clink-self-contained=no" "-Lnative=$musl" "-Clink-arg=$musl/rcrt1.o" \
            "-Clink-arg=$musl/libzigc.a" "-Clink-arg=$musl/libcompiler_rt.a" \
            "-Clink-arg=-T$script" "-Clink-arg=-zpack-relative-relocs" \
            "-Clink-arg=-pie" "-Clink-arg=--no-dynamic-linker" "-Clink-arg=-ztext" \
            "-Clink-arg=--icf=all" \
            "--remap-path-prefix=target/release-tools=tools")
        export RUSTC_BOOTSTRAP=1
        export "CC_${arch}_unknown_linux_musl=$RELEASE_TOOLS/bin/cc-$arch"
        export "AR_${arch}_unknown_linux_musl=$RELEASE_TOOLS/bin/ar"
        set -- -Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size "$@"
    else
        CARGO_ENCODED_RUSTFLAGS=$(flags "-Clink-arg=-Wl,-z,relro,-z,now")
    fi ;;
esac
# The C parts (ring, libdbus): the same, in a shell's words.
CFLAGS="-fno-asynchronous-unwind-tables '-ffile-prefix-map=$sources=.' '-ffile-prefix-map=$home=cargo'"
CC_SHELL_ESCAPED_FLAGS=1
unset RUSTFLAGS
export CARGO_ENCODED_RUSTFLAGS CFLAGS CC_SHELL_ESCAPED_FLAGS
exec "${CARGO:-cargo}" build "$@"
