#!/usr/bin/env bash
# Checks simclr-java on a machine with an NVIDIA GPU, without network and without a JDK: builds the
# native library against the PyTorch of python3, runs the tests that need a GPU, and measures: training
# alone, then benchmarks in turn with their peers in that PyTorch.
#
#   ./check.sh [--allow-cpu] [OPTION OF compare.py...]
#
# --list names the benchmarks, all of which take hours; --only ID... --rounds 1 runs less.
# Needs nvcc, CMake, a C++20 compiler and python3 with a CUDA build of torch 2.11 or newer. Results
# are printed and kept in results/. With --allow-cpu a machine without GPU goes through the same
# steps, its tests are skipped, and a few benchmarks run briefly: that checks the bundle, and nothing
# else.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
results="$here/results"
device=cuda
benchmarks=()
if [ "${1:-}" = --allow-cpu ]; then
  device=cpu
  shift
  # A benchmark that compiles in its peer, one on the whole of a network, and a whole program.
  benchmarks=(--brief --only nt-xent-1024 lars epoch)
elif ! command -v nvidia-smi >/dev/null 2>&1; then
  echo 'check.sh: no nvidia-smi, so no NVIDIA driver (--allow-cpu goes on without a GPU)' >&2
  exit 4
elif ! command -v nvcc >/dev/null 2>&1 && [ ! -x /usr/local/cuda/bin/nvcc ]; then
  echo 'check.sh: no nvcc on PATH or in /usr/local/cuda/bin' >&2
  exit 4
fi
mkdir -p "$results"

section() { printf '\n=== %s (%d s)\n' "$1" "$SECONDS"; }

java() {
  "$here/runtime/bin/java" --enable-native-access=ALL-UNNAMED \
    -Dsimclr.native="$here/native/libsimclr_torch.so" "$@"
}

# A test that finds no GPU skips itself; here that must not pass as success.
require_all_run() { # the summary of the tests
  if grep -E '^\[ +[1-9][0-9]* (tests|containers) (skipped|aborted) +\]$' "$1" >&2; then
    echo 'check.sh: tests that need the GPU did not run' >&2
    return 1
  fi
  if ! grep -qE '^\[ +[1-9][0-9]* tests successful +\]$' "$1"; then
    echo 'check.sh: no test that needs the GPU ran' >&2
    return 1
  fi
}

{
  section 'Machine'
  if [ "$device" = cuda ]; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
  fi
  grep -m1 'model name' /proc/cpuinfo
  LIBTORCH=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')
  export LIBTORCH
  python3 -c 'import torch; print("torch", torch.__version__, "CUDA", torch.version.cuda)'

  section 'Native library'
  "$here/source/native/cmake/build.sh" "$here/build" "$here/native" -DBUILD_TESTING=OFF
  if [ "$device" = cuda ] && [ ! -f "$here/native/libsimclr_torch_cuda.so" ]; then
    echo 'check.sh: the CUDA kernels were left out, see above why' >&2
    exit 1
  fi

  section 'doctor'
  java -cp "$here/lib/*" dev.simclr.cli.Main doctor

  section 'Tests tagged gpu'
  java -cp "$here/lib/*:$here/test-classes" org.junit.platform.console.ConsoleLauncher execute \
    --disable-banner --include-tag=gpu --scan-classpath="$here/test-classes" |
    tee "$results/tests.log"
  [ "$device" = cpu ] || require_all_run "$results/tests.log"

  section 'Speed of training'
  for recipe in cifar10-slim cifar10-resnet18; do
    # A processor would need minutes for the larger one, which says nothing here.
    [ "$device" = cuda ] || [ "$recipe" = cifar10-slim ] || continue
    echo "$recipe"
    java -cp "$here/lib/*" dev.simclr.cli.Main bench --recipe "$recipe" --seconds 10 \
      train.device="$device"
  done

  section 'Benchmarks'
  python3 "$here/tests/benchmarks/compare.py" --device "$device" --java "$here/runtime/bin/java" \
    --class-path "$here/lib/*" --native "$here/native/libsimclr_torch.so" --python python3 \
    --data "$here/data" --out "$results" "${benchmarks[@]}" "$@"

  section 'Passed'
} 2>&1 | tee "$results/check.log"
