#include "cpu/augment_blur.h"

#include <cmath>

namespace sct::augment {

int32_t blur_weights(float sigma, int32_t radius, float* weight) {
  const double scale = -0.5 / (static_cast<double>(sigma) * sigma);
  double total = 1;
  for (int32_t i = 1; i <= radius; i++) {
    total += 2 * std::exp(scale * i * i);
  }
  for (int32_t i = 0; i <= radius; i++) {
    weight[i] = static_cast<float>(std::exp(scale * i * i) / total);
  }
  // What is left out on both sides is less than a rounding error of a value of 1.
  constexpr double kNegligible = 0x1p-25;
  double left_out = 0;
  while (radius > 0 && left_out + 2.0 * weight[radius] < kNegligible) {
    left_out += 2.0 * weight[radius];
    radius--;
  }
  return radius;
}

BlurKernel blur_kernel(int32_t size, int32_t radius, const float* weight, bool zero_border) {
  constexpr int64_t kMostLanes = 16;
  const auto whole = [](int64_t floats) {
    return (floats + kMostLanes - 1) / kMostLanes * kMostLanes;
  };
  const int64_t margin = whole(radius);
  return {radius, weight, zero_border, margin, margin + whole(size + radius + kMostLanes)};
}

}  // namespace sct::augment
