#!/usr/bin/env bash
# The long runs: many seeds of the simulation, a minute of hostile rings, and every test. About 25
# minutes on two cores.
# Usage: tests/nightly.sh [SEEDS]    2,000 seeds unless told; a failing one is named.
set -eu
cd "$(dirname "$0")/.."
export SLIPWAY_SEEDS=${1:-2000} SLIPWAY_FUZZ_SECONDS=60
exec tests/run.sh
