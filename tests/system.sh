#!/usr/bin/env bash
# Runs the system tests (real kernels, QEMU): tests/run.sh for the one project. Needs root.
exec "$(dirname "$0")/run.sh" Slipway.System
