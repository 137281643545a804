# The static binary is at $(BINARY) after `make`.

# musl where the target is installed (best for old servers), glibc otherwise.
ARCH   := $(shell rustc -vV | sed -n 's/^host: \([^-]*\)-.*/\1/p')
MUSL   := $(ARCH)-unknown-linux-musl
GNU    := $(ARCH)-unknown-linux-gnu
TARGET ?= $(if $(wildcard $(shell rustc --print sysroot)/lib/rustlib/$(MUSL)),$(MUSL),$(GNU))
BINARY := target/$(TARGET)/release/user-sync
CARGO  := cargo
# The same bytes wherever the sources lie.
HOME_CARGO  := $(or $(CARGO_HOME),$(HOME)/.cargo)
STATIC := -C target-feature=+crt-static --remap-path-prefix=$(CURDIR)=. --remap-path-prefix=$(HOME_CARGO)=cargo

.PHONY: all demo test fuzz bench lint dependencies clean

all:
	RUSTFLAGS='$(STATIC)' $(CARGO) build --release --locked --bin user-sync --target $(TARGET)
	@echo "the static binary: $(BINARY)"

# The main job against the simulator, from building to "nothing left to do".
demo:
	$(CARGO) build --locked --bin user-sync --example sim
	@target/debug/examples/sim testdata/demo/world.json --exec sh tests/demo/run.sh

test:
	$(CARGO) test --locked

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

clean:
	$(CARGO) clean
