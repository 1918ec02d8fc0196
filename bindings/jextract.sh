#!/bin/sh
# Generates dev.simclr.torch.internal.ffm with the jextract on PATH: class Sct from
# native/include/sct, class Jpeg from native/include/sct_jpeg.
#
#   bindings/jextract.sh           rewrite the committed sources and the recorded header digests
#   bindings/jextract.sh --check   fail, showing the difference, if they are not up to date
#
# A function, struct or constant that is new in the headers is added to jextract.args or
# jextract-jpeg.args by hand.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
include=$here/../native/include
package=dev/simclr/torch/internal/ffm
committed=$here/src/main/java/$package

command -v jextract >/dev/null || {
  echo "jextract.sh: no jextract on PATH; get it from https://jdk.java.net/jextract/" >&2
  exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jextract @"$here/jextract.args" --output "$work" "$include/sct/sct.h"
jextract @"$here/jextract-jpeg.args" --include-dir "$include" --output "$work" \
  "$include/sct_jpeg/jpeg.h"
(cd "$include/sct" && LC_ALL=C sha256sum *.h) >"$work/$package/headers.sha256"
(cd "$include/sct_jpeg" && LC_ALL=C sha256sum *.h) >"$work/$package/headers-jpeg.sha256"

case "${1-}" in
  --check)
    diff -ru "$committed" "$work/$package" || {
      echo "jextract.sh: the committed bindings differ from the headers, run bindings/jextract.sh" >&2
      exit 1
    }
    ;;
  "")
    rm -rf "$committed"
    mkdir -p "$(dirname "$committed")"
    cp -r "$work/$package" "$committed"
    ;;
  *)
    echo "usage: jextract.sh [--check]" >&2
    exit 2
    ;;
esac
