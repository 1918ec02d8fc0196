// What similarities are divided by.
#pragma once

#include <cmath>
#include <string>

#include "detail/guard.h"

namespace sct {

inline void check_temperature(double temperature) {
  if (!std::isfinite(temperature) || temperature <= 0) {
    invalid("argument 'temperature' is " + std::to_string(temperature) +
            ", allowed is a finite number above 0");
  }
}

}  // namespace sct
