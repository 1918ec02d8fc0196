// NT-Xent as on a GPU, with the host in its place, against the CPU kernel.
//
// The code around the kernels is that of the GPU, with tensors of the CPU. What the kernels do is
// done by their own functions: lanes, which a GPU may run in any order between barriers, run first
// to last or last to first, with the same bits.
#include <ATen/Context.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scalar_tensor.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

#include "cuda/nt_xent_lane.h"
#include "detail/cuda_table.h"
#include "detail/nt_xent_cpu.h"
#include "detail/nt_xent_cuda.h"
#include "nt_xent_result.h"

namespace gpu = sct::nt_xent::cuda;

using at::Tensor;

namespace {

enum class Order { kForward, kBackward };

Order order = Order::kForward;

// Calls body(lane) for `count` lanes.
template <class Body>
void each_lane(int32_t count, const Body& body) {
  for (int32_t i = 0; i < count; i++) {
    body(order == Order::kForward ? i : count - 1 - i);
  }
}

template <bool kRunning>
void forward(const gpu::Forward& pass) {
  std::vector<gpu::AnchorSums> lanes(gpu::kLanes);
  for (int64_t anchor = 0; anchor < pass.chunk.rows; anchor++) {
    each_lane(gpu::kLanes, [&](int32_t lane) {
      lanes[static_cast<size_t>(lane)] = gpu::sums_of_lane<kRunning>(pass, anchor, lane);
    });
    for (int32_t half = gpu::kLanes / 2; half > 0; half /= 2) {
      each_lane(gpu::kLanes, [&](int32_t lane) {
        gpu::take_over<kRunning>(lanes.data(), lane, half, pass.scale);
      });
    }
    gpu::finish_of_chunk(pass, anchor, lanes[0]);
  }
}

template <bool kRunning>
void backward(const gpu::Backward& pass) {
  for (int64_t anchor = 0; anchor < pass.chunk.rows; anchor++) {
    each_lane(gpu::kLanes,
              [&](int32_t lane) { gpu::factors_of_lane<kRunning>(pass, anchor, lane); });
  }
}

int64_t chunks = 0;

void forward_on_host(const gpu::Forward& pass, int32_t) {
  chunks++;
  pass.outcome.running ? forward<true>(pass) : forward<false>(pass);
}

void backward_on_host(const gpu::Backward& pass, int32_t) {
  pass.factors.running ? backward<true>(pass) : backward<false>(pass);
}

Result as_on_gpu(const Tensor& values, double temperature, bool decoupled) {
  return compute<sct::NtXentCuda>(values, options_of(temperature, decoupled));
}

void compare(const Tensor& values, double temperature, bool decoupled) {
  const int before = failures;
  order = Order::kForward;
  const Result got = as_on_gpu(values, temperature, decoupled);
  const Result expected = compute<sct::NtXentCpu>(values, std::optional<Tensor>(),
                                                  options_of(temperature, decoupled), sct::alone());
  close(got, expected, values, temperature, {});
  order = Order::kBackward;
  check(same_bits(got, as_on_gpu(values, temperature, decoupled)), "same bits in any order");
  if (failures != before) {
    describe(values, temperature, decoupled);
  }
}

void every_shape() {
  for (const int64_t n : {1, 2, 3, 70, 150}) {
    for (const int64_t d : {1, 64, 130}) {
      for (const double temperature : {0.001, 0.01, 0.0239, 0.0241, 0.5, 100.0}) {
        for (const bool decoupled : {false, true}) {
          if (n > 1 || !decoupled) {
            compare(views(n, d), temperature, decoupled);
          }
        }
      }
    }
  }
}

// The last chunk has fewer rows than the others, and anchors of both views are in one.
void several_chunks() {
  for (const bool decoupled : {false, true}) {
    chunks = 0;
    compare(views(900, 8), decoupled ? 0.01 : 0.5, decoupled);
    check(chunks > 2 * 2, "there are several chunks");
  }
}

// Cosines that are all equal, and rows shorter than the least divisor.
void collapse_and_zeros() {
  for (const double temperature : {0.01, 0.1}) {
    const Tensor same = at::ones({100, 1}).mul(at::randn({1, 20}));
    const Result collapsed = as_on_gpu(same, temperature, false);
    close("collapsed loss", collapsed.loss, at::scalar_tensor(std::log(99.0)), 1e-5);
    close("collapsed accuracy", collapsed.accuracy, at::scalar_tensor(0), 0);
    Tensor rows = views(20, 9);
    rows[3].zero_();
    rows[25].mul_(1e-14);
    compare(rows, temperature, false);
    eps = 1e-6;
    rows[4].mul_(1e-7);
    compare(rows, temperature, false);
    eps = sct::nt_xent::kEps;
  }
}

// No temperature is too low for float32.
void lowest_temperature() {
  for (const bool decoupled : {false, true}) {
    const Result found = as_on_gpu(views(30, 16), 1e-12, decoupled);
    check(found.loss.isfinite().item<bool>(), "the loss is finite");
    check(found.entropy.isfinite().item<bool>(), "the entropy is finite");
    check(found.grad.isfinite().all().item<bool>(), "the gradient is finite");
  }
}

void not_finite() {
  for (const double temperature : {0.01, 0.5}) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      Tensor rows = views(60, 21);
      rows[77][5] = bad;
      check(!as_on_gpu(rows, temperature, false).loss.isfinite().item<bool>(),
            "the loss is not finite");
    }
  }
}

}  // namespace

// Instead of that of the library.
const sct::CudaTable& sct::cuda_table(int32_t) {
  static const CudaTable table = [] {
    CudaTable host{};
    host.nt_xent_forward = forward_on_host;
    host.nt_xent_backward = backward_on_host;
    return host;
  }();
  return table;
}

int main() {
  at::manual_seed(1);
  every_shape();
  several_chunks();
  collapse_and_zeros();
  lowest_temperature();
  not_finite();
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
