#!/bin/sh
# Brings what a release is built with into FOLDER, from the package registries alone, and writes
# FOLDER/versions.txt. Nothing is installed: Debian's packages are unpacked, Python's go into a
# folder of their own. What is there already is used as it is.
#
# - a compiler whose standard library can be built for any target: Debian's rustc-web, cargo-web and
#   rust-web-src, which are of one version;
# - zig (PyPI: ziglang): musl, a C compiler and a linker for every target;
# - qemu-user-static: runs the foreign binary in a test.
set -eu

folder=${1:?usage: tools.sh FOLDER}
mkdir -p "$folder/root"
folder=$(cd "$folder" && pwd)
log=$folder/tools.log
zig=$folder/python/ziglang/zig
# zig keeps what it has compiled.
XDG_CACHE_HOME=$folder/cache
export XDG_CACHE_HOME

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
    [ -x "$zig" ] && return
    say "PyPI: ziglang"
    python3 -m pip install --quiet --disable-pip-version-check --target "$folder/python" \
        ziglang >>"$log" 2>&1 || missing "PyPI's ziglang"
}

program() {
    mkdir -p "$folder/bin"
    cat >"$folder/bin/$1"
    chmod +x "$folder/bin/$1"
}

# The parts of zig as cargo takes them, one program each: $folder/bin/{ld,ar,cc-ARCH}; and musl for
# each architecture in $folder/musl-ARCH.
zig_parts() {
    [ -e "$folder/musl-aarch64" ] && return
    printf '#!/bin/sh\nexec "%s" ld.lld "$@"\n' "$zig" | program ld
    printf '#!/bin/sh\nexec "%s" ar "$@"\n' "$zig" | program ar
    for arch in x86_64 aarch64; do
        # A target as Rust spells it is unknown to zig.
        program "cc-$arch" <<END
#!/bin/sh
for word; do
    shift
    case \$word in --target=*) ;; *) set -- "\$@" "\$word" ;; esac
done
exec "$zig" cc -target $arch-linux-musl -fno-sanitize=all "\$@"
END
        musl "$arch" || missing "musl for $arch, as zig builds it"
    done
}

# zig builds musl when it links; the line that it links with names the files.
musl() {
    work=$folder/musl-$1.new
    rm -rf "$work"
    mkdir -p "$work"
    echo 'int main(void) { return 0; }' >"$work/least.c"
    (cd "$work" && "$zig" build-exe --verbose-link -target "$1-linux-musl" -fPIE -O ReleaseSmall \
        -lc -lunwind least.c) >"$work/links" 2>&1 || { cat "$work/links" >>"$log"; return 1; }
    for file in rcrt1.o libc.a libzigc.a libunwind.a libcompiler_rt.a; do
        path=$(tail -n 1 "$work/links" | tr ' ' '\n' | grep "/$file\$") || return 1
        (cd "$work" && cp "$path" "$file") || return 1
    done
    mv "$work" "$folder/musl-$1"
}

qemu() {
    [ -x "$folder/root/usr/bin/qemu-aarch64-static" ] && return
    say "unpacking Debian's qemu-user-static"
    unpack qemu-user-static || say "no qemu-user-static: the aarch64 file is built and not run"
}

: >>"$log"
debian
python
zig_parts
qemu

library=$folder/root/usr/lib/$(uname -m)-linux-gnu
"$zig" version >"$folder/zig-version"
{
    LD_LIBRARY_PATH=$library "$folder/root/usr/bin/rustc" -V
    LD_LIBRARY_PATH=$library "$folder/root/usr/bin/cargo" -V
    printf 'zig %s\n' "$(cat "$folder/zig-version")"
} >"$folder/versions.txt"
cat "$folder/versions.txt"
