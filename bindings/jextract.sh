#!/bin/sh
# Generates dev.simclr.torch.internal.ffm from native/include/sct with the jextract on PATH.
#
#   bindings/jextract.sh           rewrite the committed sources and the recorded header digests
#   bindings/jextract.sh --check   fail, showing the difference, if they are not up to date
#
# A function, struct or constant that is new in the headers is added to jextract.args by hand.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
headers=$here/../native/include/sct
package=dev/simclr/torch/internal/ffm
committed=$here/src/main/java/$package

command -v jextract >/dev/null || {
  echo "jextract.sh: no jextract on PATH; get it from https://jdk.java.net/jextract/" >&2
  exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jextract @"$here/jextract.args" --output "$work" "$headers/sct.h"
(cd "$headers" && LC_ALL=C sha256sum *.h) >"$work/$package/headers.sha256"

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
