#!/bin/sh
# Starts xtask, which looks after everything but what cargo needs to compile it.
# Becomes cargo, and cargo becomes xtask, so that a signal sent by make arrives.
set -eu

if ! command -v cargo >/dev/null; then
	echo "error: Rust is missing; install it with rustup: https://rustup.rs" >&2
	exit 1
fi

if ! command -v cc >/dev/null; then
	echo "==> install gcc"
	root=
	[ "$(id -u)" = 0 ] || root=sudo
	$root apt-get -q update && $root apt-get -q install -y --no-install-recommends gcc libc6-dev || {
		echo "error: a C compiler is missing; by hand: apt-get install -y gcc libc6-dev" >&2
		exit 1
	}
fi

echo "==> compile xtask"
exec cargo run --quiet --package xtask -- "$@"
