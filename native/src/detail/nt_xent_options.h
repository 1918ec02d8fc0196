// How NtXent and its relatives compare embeddings.
#pragma once

namespace sct {

struct NtXentOptions {
  double temperature;
  // Whether positives are left out of the sums of their anchors.
  bool decoupled;
  // The length of a row below which this is its divisor.
  double eps;
};

}  // namespace sct
