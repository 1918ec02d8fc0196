// What becomes of the sums of a row, for NT-Xent and its variants: on the CPU and on a GPU.
#pragma once

#include <math.h>

#include "host_device.h"

namespace sct::nt_xent {

// Sum of exp((S - shift) / temperature) over candidates, S being the cosine of a row and a
// candidate.
struct ShiftedSum {
  double sum;
  float shift;
};

// Sum of both, over the larger of their shifts.
SIMCLR_HOST_DEVICE inline ShiftedSum merged(ShiftedSum a, ShiftedSum b, double temperature) {
  const float shift = a.shift > b.shift ? a.shift : b.shift;
  return {a.sum * exp((static_cast<double>(a.shift) - shift) / temperature) +
              b.sum * exp((static_cast<double>(b.shift) - shift) / temperature),
          shift};
}

// The sum with the positive in it. A shift that is not running stays what it is.
SIMCLR_HOST_DEVICE inline ShiftedSum with_positive(ShiftedSum others, float positive, bool running,
                                                   double temperature) {
  if (running) {
    return merged(others, {1, positive}, temperature);
  }
  return {others.sum + exp((static_cast<double>(positive) - others.shift) / temperature),
          others.shift};
}

// log(sum exp(S / temperature)) - positive / temperature.
SIMCLR_HOST_DEVICE inline double log_ratio(ShiftedSum sum, double positive, double temperature) {
  return log(sum.sum) + (static_cast<double>(sum.shift) - positive) / temperature;
}

// Entropy of the softmax of the candidates of view 2: of those in `sum`, with the sum of terms
// times their logarithms to base 2 in `moment`, and of the positive.
SIMCLR_HOST_DEVICE inline double entropy_of(ShiftedSum sum, double moment, float positive,
                                            double temperature) {
  constexpr double kLn2 = 0.693147180559945309417;
  const ShiftedSum all = merged(sum, {1, positive}, temperature);
  const double moved = (static_cast<double>(sum.shift) - all.shift) / temperature;
  const double own = (static_cast<double>(positive) - all.shift) / temperature;
  const double weighted = exp(moved) * (moment * kLn2 + moved * sum.sum) + exp(own) * own;
  return log(all.sum) - weighted / all.sum;
}

}  // namespace sct::nt_xent
