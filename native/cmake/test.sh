#!/usr/bin/env bash
# Builds and runs the C tests and the tests of the build scripts: test.sh BUILD_DIR [CMAKE_OPTION...]
set -euo pipefail

build_dir=$1
shift
SIMCLR_TARGETS=all "$(dirname "${BASH_SOURCE[0]}")/build.sh" "$build_dir" '' "$@"
ctest --test-dir "$build_dir" --output-on-failure --no-tests=error
