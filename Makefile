# `make` builds the static binary and says where it is.

# musl where the target is installed (best for old servers), glibc otherwise.
ARCH   := $(shell rustc -vV | sed -n 's/^host: \([^-]*\)-.*/\1/p')
MUSL   := $(ARCH)-unknown-linux-musl
GNU    := $(ARCH)-unknown-linux-gnu
TARGET ?= $(if $(shell ls -d "$$(rustc --print sysroot)/lib/rustlib/$(MUSL)" 2>/dev/null),$(MUSL),$(GNU))
# cargo's own variable, which may name a folder elsewhere, and one with blanks.
FOLDER := $(or $(CARGO_TARGET_DIR),target)
BINARY := $(FOLDER)/$(TARGET)/release/user-sync
CARGO  := cargo
STATIC_BUILD = CARGO='$(CARGO)' sh tests/release/build.sh $(TARGET)

# People in the tenants of `make bench`: make bench SIZES="1000 1000000"
SIZES ?= 1000 10000 100000
# Runs under random faults at its end.
SOAK  ?= 200

.PHONY: all demo test fuzz bench lint dependencies audit reproducible release clean

all:
	$(STATIC_BUILD) --bin user-sync
	@echo "the static binary: $(BINARY)"

# The main job against the simulator, from building to "nothing left to do".
demo:
	$(CARGO) build --locked --bin user-sync --example sim
	@USER_SYNC='$(FOLDER)/debug/user-sync' '$(FOLDER)/debug/examples/sim' testdata/demo/world.json --restored --exec sh tests/demo/run.sh

# Twice as many tests at once as there are cores: many of them wait for a retry or a limit of time.
# Tests of the static binary run where `make` has built it, and say that they were skipped else.
test:
	RUST_TEST_THREADS="$$((2 * $$(nproc)))" STATIC_BINARY="$$(realpath -m '$(BINARY)')" RELEASE_FOLDER="$$(realpath -m '$(FOLDER)')" $(CARGO) test --locked --workspace

# Damaged input for every parser; ROUNDS of each, SEED for others.
ROUNDS ?= 2000
SEED   ?= 1
fuzz:
	USER_SYNC_FUZZ_ROUNDS=$(ROUNDS) USER_SYNC_FUZZ_SEED=$(SEED) $(CARGO) test --locked --test suite fuzz::

# The static binary against the simulator and against one curl; prints tables.
bench:
	$(STATIC_BUILD) --bin user-sync --example sim --example bench
	'$(FOLDER)/$(TARGET)/release/examples/bench' --binary '$(BINARY)' $(SIZES)
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

# The archives for x86_64 and aarch64 in dist/. Brings its tools from the package registries.
release:
	@sh tests/release/release.sh

# Two builds in two folders give the same bytes: the local file, and with RELEASED=1 those of
# `make release`. Takes minutes.
reproducible:
	@sh tests/audit/reproducible.sh

clean:
	$(CARGO) clean
