#!/usr/bin/env bash
# Checks or applies the format of the C, C++ and CUDA sources: format.sh check|apply
#
# Releases of clang-format disagree about details, so only the one of Debian 12 counts.
set -euo pipefail

readonly major=14
mode=$1

clang_format=
for candidate in clang-format-$major clang-format; do
  if "$candidate" --version 2>/dev/null | grep -q "version $major\."; then
    clang_format=$candidate
    break
  fi
done
if [ -z "$clang_format" ]; then
  echo "simclr: the format check of the native sources is left out: no clang-format $major on PATH"
  exit 0
fi

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
sources() {
  find native tests \( -name target -o -name build \) -prune -o -type f \
    \( -name '*.h' -o -name '*.c' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) -print0
}
case $mode in
  check)
    if ! sources | xargs -0 -r "$clang_format" --dry-run --Werror; then
      echo 'simclr: native sources are not formatted; run native/cmake/format.sh apply' >&2
      exit 1
    fi
    ;;
  apply) sources | xargs -0 -r "$clang_format" -i ;;
  *)
    echo 'usage: format.sh check|apply' >&2
    exit 2
    ;;
esac
