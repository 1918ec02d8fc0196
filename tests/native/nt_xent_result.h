// What the tests of NT-Xent compare: losses, measures and gradients of two views.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdio>

#include "cpu/nt_xent.h"
#include "detail/nt_xent_options.h"

inline int failures = 0;

inline void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "not true: %s\n", what);
    failures++;
  }
}

struct Result {
  at::Tensor loss;
  at::Tensor accuracy;
  at::Tensor entropy;
  at::Tensor grad;
};

// The length below which rows are not brought to length 1.
inline double eps = sct::nt_xent::kEps;

inline sct::NtXentOptions options_of(double temperature, bool decoupled) {
  return {temperature, decoupled, eps};
}

// With NtXentCpu or another function of its kind, and what it takes beside the rows.
template <class Function, class... Args>
Result compute(const at::Tensor& values, Args... args) {
  const at::Tensor z = values.clone().requires_grad_();
  const auto found = Function::apply(z, args...);
  // The gradient of a multiple is that multiple of the gradient.
  const auto grads = torch::autograd::grad({found[0].mul(4)}, {z});
  return {found[0].detach(), found[1], found[2], grads[0].div(4)};
}

inline void close(const char* what, const at::Tensor& got, const at::Tensor& expected,
                  double tolerance) {
  const double off = got.sub(expected).abs().max().item<double>();
  // Written so that NaN fails.
  if (!(off <= tolerance)) {
    std::fprintf(stderr, "%s is off by %g, allowed is %g\n", what, off, tolerance);
    failures++;
  }
}

// Errors that are allowed beside those of float32: of cosines, and of a factor in the gradient,
// where that is 1.
struct Precision {
  double cosine = 0;
  double factor = 0;
};

inline void close(const Result& got, const Result& expected, const at::Tensor& values,
                  double temperature, Precision precision) {
  // The rounding of a cosine, which a low temperature magnifies.
  const double noise = 1e-6 + (5e-7 + precision.cosine) / temperature;
  close("loss", got.loss, expected.loss, noise + 1e-6 * expected.loss.abs().item<double>());
  close("entropy", got.entropy, expected.entropy, 2 * noise);
  // Rounding may decide between two that are almost equally similar.
  const auto images = static_cast<double>(values.size(0) / 2);
  const bool decides = images > 100 || precision.cosine > 0;
  close("accuracy", got.accuracy, expected.accuracy, decides ? 2 / images : 1e-6);
  // Errors of the gradient are measured against what a row's could be.
  const at::Tensor length = values.norm(2, {1}, true).clamp_min(eps);
  const double scale = 2 / (2 * images * temperature);
  close("gradient", got.grad.mul(length).div(scale), expected.grad.mul(length).div(scale),
        2e-6 + 2 * noise + precision.factor);
}

inline bool same_bits(const Result& a, const Result& b) {
  return a.loss.equal(b.loss) && a.accuracy.equal(b.accuracy) && a.entropy.equal(b.entropy) &&
         a.grad.equal(b.grad);
}

// Two noisy views of each image, of lengths from 0.1 to 10.
inline at::Tensor views(int64_t n, int64_t d) {
  const at::Tensor images = at::randn({1, n, d});
  const at::Tensor rows = images.add(at::randn({2, n, d}).mul(0.5)).reshape({2 * n, d});
  return rows.mul(at::randn({2 * n, 1}).clamp(-1, 1).mul(2.302585).exp());
}

// Says of what the failures before it are.
inline void describe(const at::Tensor& values, double temperature, bool decoupled) {
  std::fprintf(stderr, "  ... of N = %d, D = %d, t = %g, decoupled %d\n",
               static_cast<int>(values.size(0) / 2), static_cast<int>(values.size(1)), temperature,
               decoupled);
}
