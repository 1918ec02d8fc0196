#!/usr/bin/env bash
# Fails with one line for each thing that a build needs and this machine lacks.
. "$(dirname "${BASH_SOURCE[0]}")/prerequisites.sh"

failed=0
for check in simclr_check_platform simclr_find_jdk simclr_check_cmake simclr_check_make \
  simclr_check_compiler simclr_check_python; do
  "$check" || failed=1
done
exit "$failed"
