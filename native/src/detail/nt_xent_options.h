// How NtXent and its relatives compare embeddings.
#pragma once

#include "detail/collective.h"

namespace sct {

struct NtXentOptions {
  double temperature;
  // Whether positives are left out of the sums of their anchors.
  bool decoupled;
  // The length of a row below which this is its divisor.
  double eps;
  // Of the processes whose rows are candidates too, and whose means are told.
  c10::intrusive_ptr<Collective> group = alone();
};

}  // namespace sct
