// The learning rate of a step.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace sct::optim {

struct LearningRate {
  // What a tensor of the CPU holds; none for one of a device, which the host does not read.
  std::optional<double> value;
  at::Tensor tensor;
};

// Reads `lr`, a floating-point number without dimensions, and throws Error if it is anything else.
LearningRate learning_rate(const at::Tensor& lr);

}  // namespace sct::optim
