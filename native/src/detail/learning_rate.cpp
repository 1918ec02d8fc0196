#include "detail/learning_rate.h"

#include <cmath>
#include <string>

#include "detail/guard.h"

namespace sct::optim {

LearningRate learning_rate(const at::Tensor& lr) {
  if (lr.dim() != 0) {
    fail(SCT_SHAPE,
         "argument 'lr' has " + std::to_string(lr.dim()) + " dimensions, allowed is none");
  }
  if (lr.scalar_type() != at::kFloat && lr.scalar_type() != at::kDouble) {
    invalid(std::string("argument 'lr' is of dtype ") + c10::toString(lr.scalar_type()) +
            ", allowed are float32 and float64");
  }
  if (!lr.is_cpu()) {
    return {std::nullopt, lr};
  }
  const auto value = lr.item<double>();
  if (!std::isfinite(value)) {
    invalid("argument 'lr' is " + std::to_string(value) + ", allowed is a finite number");
  }
  return {value, lr};
}

}  // namespace sct::optim
