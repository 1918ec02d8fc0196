#!/usr/bin/env bash
# Makes TARGET/simclr-gpu-bundle.tar.gz of the jars in TARGET/lib, the classes of the tests, the
# native sources, the benchmarks with their peers and a Java runtime: make.sh TARGET. Maven calls it
# (mvn -Pgpu-bundle package).
set -euo pipefail

# Packed, with the runtime: so that it fits through a narrow way to a cluster.
readonly MOST_MEGABYTES=60

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/native/cmake/prerequisites.sh"
target=$1
bundle="$target/simclr-gpu-bundle"

simclr_find_jdk
rm -rf "$bundle" "$bundle.tar.gz"
mkdir -p "$bundle"
"$SIMCLR_JDK/bin/jlink" --output "$bundle/runtime" --strip-debug --no-header-files --no-man-pages \
  --add-modules java.desktop,java.instrument,java.logging,java.management,java.xml,jdk.unsupported
cp -r "$target/lib" "$bundle/lib"
cp -r "$root/tests/target/test-classes" "$bundle/test-classes"
cp "$root/tests/gpu-bundle/check.sh" "$bundle/"
mkdir "$bundle/source"
cp "$root/CMakeLists.txt" "$bundle/source/"
cp -r "$root/native" "$bundle/source/native"
# Where they are in the sources, so that they find each other.
mkdir -p "$bundle/tests/benchmarks" "$bundle/tests/peers" "$bundle/tests/fixtures"
cp -r "$root/tests/benchmarks/compare.py" "$root/tests/benchmarks/suite" "$bundle/tests/benchmarks/"
cp "$root"/tests/peers/*.py "$bundle/tests/peers/"
cp "$root/tests/fixtures/formula.py" "$bundle/tests/fixtures/"
git -C "$root" describe --always --dirty >"$bundle/commit" || echo unknown >"$bundle/commit"
find "$bundle" -name __pycache__ -prune -exec rm -rf {} +

tar -C "$target" -czf "$bundle.tar.gz" simclr-gpu-bundle
bytes=$(stat --format %s "$bundle.tar.gz")
if [ "$bytes" -gt $((MOST_MEGABYTES * 1048576)) ]; then
  echo "simclr: $bundle.tar.gz has $bytes bytes, more than $MOST_MEGABYTES MiB" >&2
  exit 1
fi
echo "simclr: $bundle.tar.gz, $((bytes / 1048576)) MiB"
