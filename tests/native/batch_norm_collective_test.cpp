// Batch normalisation of two processes, each with half of a batch, gives what one process gives for
// all of it.
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/variable.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "detail/batch_norm_cpu.h"
#include "detail/guard.h"
#include "played_group.h"

namespace {

using at::Tensor;
using sct::batch_norm::Then;

constexpr int kProcesses = 2;
constexpr double kMomentum = 0.3;
constexpr double kEps = 1e-5;

int failures = 0;

void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "not true: %s\n", what);
    failures++;
  }
}

struct Outcome {
  Tensor y, dx, dshortcut, dweight, dbias, running_mean, running_var;
};

Tensor leaf(const Tensor& t) { return t.detach().clone().set_requires_grad(true); }

Outcome step(const Tensor& x, const Tensor& shortcut, const Tensor& dy, const Tensor& weight,
             const Tensor& bias, Then then, const c10::intrusive_ptr<sct::Collective>& group) {
  const int64_t channels = x.size(1);
  sct::BatchNormTensors t = {leaf(x),    std::nullopt,          leaf(weight),
                             leaf(bias), at::zeros({channels}), at::ones({channels})};
  if (then == Then::kAddRelu) {
    t.shortcut = leaf(shortcut);
  }
  const Tensor y = sct::batch_norm_cpu(t, then, kMomentum, kEps, group);
  y.backward(dy);
  return {y.detach(),       t.x.grad(),     t.shortcut.has_value() ? t.shortcut->grad() : dy,
          t.weight->grad(), t.bias->grad(), *t.running_mean,
          *t.running_var};
}

bool close(const Tensor& a, const Tensor& b) { return at::allclose(a, b, 1e-5, 1e-6); }

void halves_give_the_whole(Then then, int64_t first_half) {
  const int64_t rows = 700;
  const Tensor x = at::randn({rows, 19}).mul(2).add(1);
  const Tensor shortcut = at::randn({rows, 19});
  const Tensor dy = at::randn({rows, 19});
  const Tensor weight = at::randn({19});
  const Tensor bias = at::randn({19});
  const Outcome whole = step(x, shortcut, dy, weight, bias, then, sct::alone());

  Said said;
  Outcome halves[kProcesses];
  for (int round = 0; round < 3; round++) {
    Said now;
    for (int rank = 0; rank < kProcesses; rank++) {
      const int64_t first = rank == 0 ? 0 : first_half;
      const int64_t count = rank == 0 ? first_half : rows - first_half;
      halves[rank] = step(x.narrow(0, first, count), shortcut.narrow(0, first, count),
                          dy.narrow(0, first, count), weight, bias, then,
                          c10::make_intrusive<Played>(said, now, kProcesses, rank));
    }
    // Alone, the halves have other statistics.
    check(close(halves[0].y, whole.y.narrow(0, 0, first_half)) == (round > 0),
          "they agree once both are heard");
    said = now;
  }
  const Outcome& a = halves[0];
  const Outcome& b = halves[1];
  check(close(at::cat({a.y, b.y}), whole.y), "y");
  check(close(at::cat({a.dx, b.dx}), whole.dx), "dx");
  check(at::equal(at::cat({a.dshortcut, b.dshortcut}), whole.dshortcut), "dshortcut");
  // Each has the gradient of its share, which whoever averages gradients adds up.
  check(at::allclose(a.dweight.add(b.dweight), whole.dweight, 1e-5, 1e-4), "dweight");
  check(at::allclose(a.dbias.add(b.dbias), whole.dbias, 1e-5, 1e-4), "dbias");
  for (const Outcome& half : halves) {
    check(close(half.running_mean, whole.running_mean), "running_mean");
    check(close(half.running_var, whole.running_var), "running_var");
  }
  check(at::equal(a.running_var, b.running_var), "the same bits in both");
}

}  // namespace

int main() {
  for (const Then then : {Then::kNothing, Then::kRelu, Then::kAddRelu}) {
    halves_give_the_whole(then, 350);
    halves_give_the_whole(then, 3);
  }
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
