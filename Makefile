# What people type. Every cargo call builds the whole workspace, so that there is one set of
# features and nothing is compiled twice.

CARGO ?= cargo
BITACORA := target/debug/bitacora
TESTBED := $(BITACORA) testbed --
# By file: `cargo fmt` does not see modules that the registries' macros declare.
RUSTFMT = git ls-files -z '*.rs' | xargs -0 rustfmt --edition 2024
export CARGO_TERM_COLOR ?= auto

.PHONY: run test torture sample-aggregate bench bench-append bench-webhook bench-live bench-load bench-idle bench-size \
  fmt lint doc build prepare

# A server with demo data; Ctrl-C stops it and its Postgres.
run: prepare build
	$(BITACORA) serve --demo

# Everything that CI runs, against a throw-away Postgres.
test: prepare
	$(RUSTFMT) --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) build --workspace --all-targets
	$(CARGO) test --workspace --doc
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  set -x; $(TESTBED) $(CARGO) nextest run --workspace; \
	else \
	  echo "cargo-nextest is not installed: using cargo test, which is slower"; \
	  set -x; $(TESTBED) $(CARGO) test --workspace --lib --bins --tests; \
	fi

# Seeded fault injection: make torture ARGS="--seed 7". The control run's binary leaves the lock
# on the lane's head out and must be caught; it has a target directory of its own.
torture: prepare build
	$(CARGO) build -p bitacora-torture --features bitacora-torture/without-head-lock --target-dir target/control
	$(TESTBED) target/debug/bitacora-torture $(ARGS)

# Adds a sample aggregate with a view and a GraphQL module to a copy, as a patch, and shows that it
# takes one file each and one line per list (docs/ARCHITECTURE.md).
sample-aggregate: prepare
	tools/sample-aggregate/run

# Every number of docs/BENCH.md beside its peer, optimised, in under 15 minutes behind the build;
# bench-append … are its parts. make bench ARGS="--quick" only shows that it works.
BENCH := target/release/bitacora-bench
bench bench-append bench-webhook bench-live bench-load bench-idle bench-size: prepare
	$(CARGO) build --workspace --release --bins
	$(BENCH) $(filter-out bench,$(patsubst bench-%,%,$@)) $(ARGS)

fmt:
	$(RUSTFMT)

# Also looks at licences and advisories when cargo-deny is installed.
lint:
	$(RUSTFMT) --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
	  set -x; $(CARGO) deny check; \
	else \
	  echo "cargo-deny is not installed: licences and advisories were not checked"; \
	fi

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

build:
	$(CARGO) build --workspace --bins

# Installs a C linker and Postgres where it can, else names the command.
prepare:
	@.ci/prepare
