#!/usr/bin/env bash
# Configures and builds the native library: build.sh BUILD_DIR [OUTPUT_DIR [CMAKE_OPTION...]]
#
# OUTPUT_DIR receives the libraries and native.properties, each replaced in one step and only when
# it changed, so that what depends on them stays up to date. Set SIMCLR_TARGETS to build something
# else than the libraries ("all" includes the C tests).
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$source_dir/native/cmake/prerequisites.sh"

build_dir=$1
output_dir=${2:-}
shift $(($# < 2 ? $# : 2))

simclr_check_platform
simclr_check_cmake
simclr_check_make
simclr_check_compiler
simclr_check_python

mkdir -p "$build_dir"
build_dir=$(cd "$build_dir" && pwd)

exec 9>"$build_dir/.lock"
flock 9 # Maven and the launcher may build at the same time

cache="$build_dir/CMakeCache.txt"
if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$source_dir" "$cache"; then
  echo "simclr: $build_dir belongs to another source directory; starting over" >&2
  find "$build_dir" -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +
fi
generator=()
if [ ! -f "$cache" ]; then
  echo 'simclr: configuring the native library' >&2
  command -v ninja >/dev/null 2>&1 && generator=(-G Ninja)
fi

# Only what went wrong is of interest; libtorch's finder speaks on stderr.
cmake -S "$source_dir" -B "$build_dir" "${generator[@]}" "$@" --log-level=NOTICE

# A file that includes ATen headers takes up to 1.5 GB to compile.
jobs=$(nproc)
by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
[ "$by_memory" -ge 1 ] || by_memory=1
[ "$jobs" -le "$by_memory" ] || jobs=$by_memory

targets=()
for target in ${SIMCLR_TARGETS:-libraries}; do targets+=(--target "$target"); done
cmake --build "$build_dir" "${targets[@]}" --parallel "$jobs"

[ -n "$output_dir" ] || exit 0
mkdir -p "$output_dir"
for file in libsimclr_torch.so libsimclr_torch_cuda.so libsimclr_jpeg.so native.properties; do
  from="$build_dir/$file" to="$output_dir/$file"
  if [ ! -f "$from" ]; then
    rm -f "$to" # of an earlier build that had more
  elif ! cmp -s "$from" "$to"; then
    cp "$from" "$to.new"
    mv "$to.new" "$to"
  fi
done
