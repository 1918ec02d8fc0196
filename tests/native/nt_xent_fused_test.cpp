// NT-Xent as on the tensor cores of a GPU, with the host in its place, against the CPU kernel.
//
// The code around the kernels, and of the kernels all but the instructions that HostBlock has, is
// that of the GPU, with tensors of the CPU.
#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

#include "detail/cuda_table.h"
#include "detail/nt_xent_cpu.h"
#include "detail/nt_xent_fused.h"
#include "host_block.h"
#include "nt_xent_result.h"

namespace gpu = sct::nt_xent::cuda;

using at::Tensor;
using gpu::Operand;
using gpu::Order;

namespace {

Order order = Order::kForward;

// Whether a block goes through all candidates there are for it, as on a GPU that has enough blocks.
bool undivided = false;

bool can_fuse = true;

// Calls body(machine, block, part, shared) for all blocks of threads.
template <class Shape, class Body>
void each_block(const gpu::Rows& rows, int32_t parts, const Body& body) {
  // Nothing may be read that was not written: all ones are NaN.
  const int32_t blocks = (2 * rows.images + gpu::kAnchors - 1) / gpu::kAnchors;
  for (int32_t i = 0; i < blocks * parts; i++) {
    std::vector<uint32_t> shared(Shape::kSharedWords, ~0U);
    gpu::HostBlock machine(order);
    body(machine, i % blocks, i / blocks, shared.data());
  }
}

gpu::Parts parts_of(gpu::Parts parts) {
  return undivided ? gpu::Parts{1, parts.count * parts.tiles} : parts;
}

template <bool kRunning>
void forward(const gpu::FusedForward& pass) {
  gpu::with_shape(pass.operand, pass.depth, [&](auto shape) {
    using Shape = decltype(shape);
    each_block<Shape>(pass.rows, 2 * pass.parts.count,
                      [&](gpu::HostBlock& machine, int32_t block, int32_t part, uint32_t* shared) {
                        gpu::forward_of_block<kRunning, Shape>(machine, pass, block, part, shared);
                      });
  });
  for (int32_t row = 0; row < 2 * pass.rows.images; row++) {
    gpu::forward_of_row<kRunning>(pass, row);
  }
}

template <bool kRunning>
void backward(const gpu::FusedBackward& pass) {
  gpu::with_shape(pass.operand, pass.depth, [&](auto shape) {
    using Shape = decltype(shape);
    each_block<Shape>(pass.rows, pass.parts.count,
                      [&](gpu::HostBlock& machine, int32_t block, int32_t part, uint32_t* shared) {
                        gpu::backward_of_block<kRunning, Shape>(machine, pass, block, part, shared);
                      });
  });
  for (int64_t i = 0; i < 2 * int64_t{pass.rows.images} * pass.depth; i++) {
    gpu::backward_of_number<kRunning>(pass, i);
  }
}

void forward_on_host(const gpu::FusedForward& given, int32_t) {
  gpu::FusedForward pass = given;
  pass.parts = parts_of(given.parts);
  pass.outcome.running ? forward<true>(pass) : forward<false>(pass);
}

void backward_on_host(const gpu::FusedBackward& given, int32_t) {
  gpu::FusedBackward pass = given;
  pass.parts = parts_of(given.parts);
  pass.factors.running ? backward<true>(pass) : backward<false>(pass);
}

Result as_on_gpu(const Tensor& values, Operand operand, double temperature, bool decoupled) {
  return compute<sct::NtXentFused>(values, operand, options_of(temperature, decoupled));
}

// Numbers that are bfloat16, as are TF32 and float32.
Tensor exact(const Tensor& values) { return values.to(at::kBFloat16).to(at::kFloat); }

// What rounding comes to. The products of exact rows are exact. The errors of other ones in TF32
// are up to 2^-11 of each number of both rows. A factor is two numbers of 8 bits each, or one of
// 11; of the factors of a row, which come to 2 on average, the positive's is not rounded.
Precision precision_of(Operand operand, bool exact) {
  return {exact ? 0 : std::ldexp(1, -10),
          2 * std::ldexp(1, operand == Operand::kBfloat16 ? -16 : -11)};
}

void compare(const Tensor& values, Operand operand, double temperature, bool decoupled,
             bool is_exact = true) {
  const int before = failures;
  const Result expected = compute<sct::NtXentCpu>(values, std::optional<Tensor>(),
                                                  options_of(temperature, decoupled), sct::alone());
  const Precision precision = precision_of(operand, is_exact);
  for (const bool whole : {false, true}) {
    undivided = whole;
    order = Order::kForward;
    const Result got = as_on_gpu(values, operand, temperature, decoupled);
    close(got, expected, values, temperature, precision);
    order = Order::kBackward;
    check(same_bits(got, as_on_gpu(values, operand, temperature, decoupled)),
          "same bits in any order");
  }
  undivided = false;
  if (failures != before) {
    std::fprintf(stderr, "%s, %s\n", operand == Operand::kBfloat16 ? "bfloat16" : "TF32",
                 is_exact ? "exact" : "rounded");
    describe(values, temperature, decoupled);
  }
}

constexpr Operand kOperands[] = {Operand::kBfloat16, Operand::kTf32};

// 32 images are just a block of anchors and whole tiles; with 33 all are begun again, and with 70
// anchors of both views are in one.
void every_shape() {
  for (const Operand operand : kOperands) {
    for (const int64_t d : {64, 128, 256}) {
      for (const int64_t n : {1, 3, 32, 33, 70}) {
        for (const double temperature : {0.001, 0.01, 0.1, 0.5}) {
          compare(exact(views(n, d)), operand, temperature, false);
        }
        if (n > 1) {
          compare(exact(views(n, d)), operand, 0.01, true);
          compare(exact(views(n, d)), operand, 0.1, true);
        }
      }
    }
  }
}

// The rows of TF32 are rounded.
void rounded_rows() {
  for (const int64_t d : {64, 128, 256}) {
    for (const double temperature : {0.01, 0.1}) {
      compare(views(70, d), Operand::kTf32, temperature, false, false);
    }
  }
}

// Parts of several tiles, the last with fewer.
void many_rows() {
  const gpu::Parts parts = gpu::parts_of(500, 16, 16);
  check(parts.count == 16 && parts.tiles == 2, "parts have several tiles");
  compare(exact(views(500, 256)), Operand::kTf32, 0.1, false);
  // Undivided, more tiles than are added up before they go to memory.
  compare(exact(views(1100, 64)), Operand::kBfloat16, 0.1, false);
}

void every_part_has_candidates() {
  for (const int32_t tile : {16, 32, 64}) {
    for (const int32_t blocks : {1, 3, 100, 300}) {
      for (int32_t candidates = 1; candidates < 3000; candidates += 7) {
        const gpu::Parts parts = gpu::parts_of(candidates, tile, blocks);
        int32_t next = 0;
        for (int32_t part = 0; part < parts.count; part++) {
          const gpu::Range range = gpu::range_of_part({0, candidates}, parts, part, tile);
          if (range.first != next || range.end <= range.first) {
            check(false, "parts follow each other, and none is empty");
          }
          next = range.end;
        }
        if (next != candidates) {
          check(false, "all candidates are in a part");
        }
      }
    }
  }
}

// Cosines that are all equal, also after rounding, and rows shorter than the least divisor.
void collapse_and_zeros() {
  for (const Operand operand : kOperands) {
    for (const double temperature : {0.01, 0.1}) {
      const Tensor same = at::ones({100, 1}).mul(at::randn({1, 64}));
      const Result collapsed = as_on_gpu(same, operand, temperature, false);
      close("collapsed loss", collapsed.loss, at::scalar_tensor(std::log(99.0)), 1e-5);
      close("collapsed accuracy", collapsed.accuracy, at::scalar_tensor(0), 0);
      Tensor rows = views(20, 128);
      rows[3].zero_();
      rows[25].mul_(1e-14);
      rows[30].mul_(1e15);
      compare(exact(rows), operand, temperature, false);
    }
  }
}

// No temperature is too low for float32.
void lowest_temperature() {
  for (const Operand operand : kOperands) {
    for (const bool decoupled : {false, true}) {
      const Result found = as_on_gpu(views(30, 64), operand, 1e-12, decoupled);
      check(found.loss.isfinite().item<bool>(), "the loss is finite");
      check(found.entropy.isfinite().item<bool>(), "the entropy is finite");
      check(found.grad.isfinite().all().item<bool>(), "the gradient is finite");
    }
  }
}

void not_finite() {
  for (const Operand operand : kOperands) {
    for (const double temperature : {0.01, 0.5}) {
      for (const float bad :
           {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        Tensor rows = views(60, 64);
        rows[77][5] = bad;
        check(!as_on_gpu(rows, operand, temperature, false).loss.isfinite().item<bool>(),
              "the loss is not finite");
      }
    }
  }
}

// Rows that do not follow each other in memory.
void columns_as_rows() {
  const Tensor values = exact(views(10, 64));
  const Tensor columns = values.t().contiguous().t();
  check(!columns.is_contiguous(), "the rows are columns");
  for (const Operand operand : kOperands) {
    check(
        same_bits(as_on_gpu(values, operand, 0.1, false), as_on_gpu(columns, operand, 0.1, false)),
        "same bits in any layout");
  }
}

void where_it_is_chosen() {
  const Tensor rows = views(2, 128);
  at::Context& context = at::globalContext();
  context.setAllowTF32CuBLAS(false);
  check(!sct::fused_operand(rows, at::kFloat), "float32 is for cuBLAS");
  check(!sct::fused_operand(rows, at::kHalf), "and float16");
  check(sct::fused_operand(rows, at::kBFloat16) == Operand::kBfloat16, "bfloat16 is not");
  context.setAllowTF32CuBLAS(true);
  check(sct::fused_operand(rows, at::kFloat) == Operand::kTf32, "TF32 is not");
  check(sct::fused_operand(rows, at::kBFloat16) == Operand::kBfloat16, "nor is bfloat16 with it");
  check(!sct::fused_operand(views(2, 130), at::kFloat), "other lengths are for cuBLAS");
  can_fuse = false;
  check(!sct::fused_operand(rows, at::kBFloat16), "so are other GPUs");
  can_fuse = true;
  context.setAllowTF32CuBLAS(false);
}

}  // namespace

// Instead of that of the library.
const sct::CudaTable& sct::cuda_table(int32_t) {
  static const CudaTable table = [] {
    CudaTable host{};
    host.nt_xent_can_fuse = [](int32_t) { return can_fuse; };
    host.nt_xent_fused_forward = forward_on_host;
    host.nt_xent_fused_backward = backward_on_host;
    return host;
  }();
  return table;
}

int main() {
  at::manual_seed(1);
  where_it_is_chosen();
  every_part_has_candidates();
  every_shape();
  rounded_rows();
  many_rows();
  collapse_and_zeros();
  lowest_temperature();
  not_finite();
  columns_as_rows();
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
