# The menu. `make run` and `make test` need the Rust toolchain and a C compiler, nothing else.

.DEFAULT_GOAL := help
.PHONY: help run test check fmt clippy docs deny shell conformance conformance-full bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build the release binary and serve on 127.0.0.1:5000 with no configuration
	cargo run --release --locked --package weir-server -- serve

test: ## every test of the workspace
	cargo test --workspace --locked

check: fmt clippy docs deny shell ## format, lints, documentation, dependencies, scripts; names what is not installed

fmt: ## formatting, without changing anything
	@if cargo fmt --version >/dev/null 2>&1; then cargo fmt --all --check; \
	else echo "missing: rustfmt, formatting is not checked (rustup component add rustfmt)"; fi

clippy: ## lints, warnings denied
	@if cargo clippy --version >/dev/null 2>&1; then cargo clippy --workspace --all-targets --locked -- -D warnings; \
	else echo "missing: clippy, lints are not checked (rustup component add clippy)"; fi

docs: ## documentation, warnings denied
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

deny: ## dependencies: the fences between crates, licences, sources
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --locked check --allow unused-wrapper bans licenses sources; \
	else echo "missing: cargo-deny, dependencies are not checked (cargo install cargo-deny --locked)"; fi

shell: ## scripts
	@for script in .ci/run conformance/run conformance/*.sh conformance/*/*.sh; do bash -n "$$script" || exit 1; done
	@if command -v shellcheck >/dev/null 2>&1; then \
		shellcheck --external-sources --source-path=SCRIPTDIR --severity=warning .ci/run conformance/run conformance/*/*.sh; \
	else echo "missing: shellcheck, scripts are only parsed (Debian package shellcheck)"; fi

conformance: ## the OCI suites, Debian's clients, crane, oras and the field cases (root, Debian)
	conformance/run

conformance-full: ## and the clients that take long to build; writes conformance/RESULTS.md
	conformance/run --full

bench: ## measure against other servers on this machine
	cargo build --release --locked --package weir-server
	cargo run --release --locked --package weir-bench -- --weir target/release/weir

clean: ## remove what was built, and the clients, results and images of the conformance runs
	cargo clean
	rm -rf conformance/work conformance/results
