// What similarities are divided by.
#pragma once

#include <cmath>
#include <numbers>
#include <string>

#include "detail/guard.h"

namespace sct {

inline void check_temperature(double temperature) {
  if (!std::isfinite(temperature) || temperature <= 0) {
    invalid("argument 'temperature' is " + std::to_string(temperature) +
            ", allowed is a finite number above 0");
  }
}

// exp(S / temperature) is 2^(S scale).
inline float scale_of(double temperature) {
  return static_cast<float>(std::numbers::log2e / temperature);
}

// Whether exp((S - 1) / temperature) could be less than a normal float32, so that each row needs a
// shift of its own.
inline bool shift_is_running(double temperature) {
  // Down to here exp(-2 / temperature), the smallest term there is, is a normal float32.
  constexpr double kLowestFixed = 0.024;
  return temperature < kLowestFixed;
}

}  // namespace sct
