# The static binary is at $(BINARY) after `make`.

# musl where the target is installed (best for old servers), glibc otherwise.
ARCH   := $(shell rustc -vV | sed -n 's/^host: \([^-]*\)-.*/\1/p')
MUSL   := $(ARCH)-unknown-linux-musl
GNU    := $(ARCH)-unknown-linux-gnu
TARGET ?= $(if $(wildcard $(shell rustc --print sysroot)/lib/rustlib/$(MUSL)),$(MUSL),$(GNU))
BINARY := target/$(TARGET)/release/user-sync
CARGO  := cargo

# The same bytes wherever the sources lie: no path of this machine in Rust code or in C code. Small:
# a panic aborts, so nothing unwinds and the tables for it, a tenth of the file, are left out. The
# compiler cannot leave out those of the standard library and of C; the linker can.
UNWIND := target/no-unwind-tables.ld
HOME_CARGO := $(or $(CARGO_HOME),$(HOME)/.cargo)
STATIC := -C target-feature=+crt-static -C relocation-model=static \
	-C force-unwind-tables=no -C link-arg=-Wl,-T,$(UNWIND) \
	--remap-path-prefix=$(CURDIR)=. --remap-path-prefix=$(HOME_CARGO)=cargo
STATIC_BUILD = RUSTFLAGS='$(STATIC)' \
	CFLAGS='-fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(HOME_CARGO)=cargo' \
	$(CARGO) build --release --locked --target $(TARGET)

# People in the tenants of `make bench`: make bench SIZES="1000 1000000"
SIZES ?= 1000 10000 100000
# Runs under random faults at its end.
SOAK  ?= 200

.PHONY: all demo test fuzz bench lint dependencies audit reproducible clean

all: $(UNWIND)
	$(STATIC_BUILD) --bin user-sync
	@echo "the static binary: $(BINARY)"

# The C runtime marks begin and end of the tables in its own files, which stay.
$(UNWIND):
	mkdir -p target
	echo 'SECTIONS { /DISCARD/ : { EXCLUDE_FILE(*crtbegin*.o *crtend*.o) *(.eh_frame) } }' \
		'INSERT AFTER .rodata;' >$@

# The main job against the simulator, from building to "nothing left to do".
demo:
	$(CARGO) build --locked --bin user-sync --example sim
	@target/debug/examples/sim testdata/demo/world.json --exec sh tests/demo/run.sh

# Tests of the static binary run where `make` has built it, and say that they were skipped else.
test:
	STATIC_BINARY='$(CURDIR)/$(BINARY)' $(CARGO) test --locked --workspace

# Damaged input for every parser; ROUNDS of each, SEED for others.
ROUNDS ?= 2000
SEED   ?= 1
fuzz:
	USER_SYNC_FUZZ_ROUNDS=$(ROUNDS) USER_SYNC_FUZZ_SEED=$(SEED) $(CARGO) test --locked --test suite fuzz::

# The static binary against the simulator and against one curl; prints tables.
bench: $(UNWIND)
	$(STATIC_BUILD) --bin user-sync --example sim --example bench
	target/$(TARGET)/release/examples/bench --binary $(BINARY) $(SIZES)
	USER_SYNC_SOAK_RUNS=$(SOAK) USER_SYNC_SOAK_SEED=$(SEED) $(CARGO) test --locked --test suite -- --nocapture safety_soak

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# Every crate in the binary: version, licence, reason.
dependencies:
	@CARGO='$(CARGO)' sh tests/audit/dependencies.sh $(TARGET)

# Licences, duplicates, unsafe code, advisories: what can be checked without a network.
audit:
	@CARGO='$(CARGO)' sh tests/audit/audit.sh $(TARGET)

# Two builds in two folders give the same bytes. Takes minutes.
reproducible:
	@sh tests/audit/reproducible.sh

clean:
	$(CARGO) clean
