#include "detail/nt_xent_cuda.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <functional>

#include "detail/chunked.h"
#include "detail/cuda_table.h"
#include "detail/nt_xent_outcome.h"
#include "detail/temperature.h"
#include "detail/unit_rows.h"
#include "detail/without_autocast.h"

namespace sct {
namespace {

namespace gpu = nt_xent::cuda;

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Anchors of a chunk at least, whatever the number of candidates. With fewer, both products would
// read all unit rows for little work, and a GPU would have fewer blocks of threads than
// multiprocessors. A chunk of so many is 1 KiB for each row: twice what an embedding of 128 numbers
// takes, so that memory stays proportional to the number of rows.
constexpr int64_t kFewestAnchors = 256;

// Calls `part` with each chunk of the cosines of the rows of `u`, and as a tensor. All chunks are
// in the same memory.
void each_chunk_of_cosines(
    const Tensor& u, const std::function<void(const gpu::Chunk& chunk, const Tensor& s)>& part) {
  const int64_t m = u.size(0);
  const int64_t most = std::min(m, std::max(kFewestAnchors, chunk_rows(u)));
  const Tensor memory = at::empty({most, m}, u.options());
  each_chunk(m, most, [&](int64_t first, int64_t count) {
    Tensor s = memory.narrow(0, 0, count);
    at::mm_out(s, u.narrow(0, first, count), u.t());
    part({s.data_ptr<float>(), first, count}, s);
  });
}

}  // namespace

variable_list NtXentCuda::forward(AutogradContext* context, const Tensor& z,
                                  const NtXentOptions& options) {
  const WithoutAutocast without_autocast;
  const CudaTable& table = cuda_table(z.get_device());
  const UnitRows rows = normalized(z, options.eps);
  const NtXentOutcome outcome(rows);
  each_chunk_of_cosines(rows.u, [&](const gpu::Chunk& chunk, const Tensor&) {
    table.nt_xent_forward({chunk, scale_of(options.temperature),
                           outcome.written(options.temperature, options.decoupled)},
                          z.get_device());
  });

  context->save_for_backward({rows.u, rows.norm, outcome.shift(), outcome.weight()});
  context->saved_data["temperature"] = options.temperature;
  context->saved_data["decoupled"] = options.decoupled;
  context->saved_data["eps"] = options.eps;
  return outcome.results(context);
}

variable_list NtXentCuda::backward(AutogradContext* context, const variable_list& grads) {
  TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "nt_xent is not twice differentiable");
  const WithoutAutocast without_autocast;
  const variable_list saved = context->get_saved_variables();
  const UnitRows rows = {saved[0], saved[1], context->saved_data["eps"].toDouble()};
  const Tensor& u = rows.u;
  const double temperature = context->saved_data["temperature"].toDouble();
  const bool decoupled = context->saved_data["decoupled"].toBool();
  const CudaTable& table = cuda_table(u.get_device());

  const Tensor du = at::empty_like(u);
  each_chunk_of_cosines(u, [&](const gpu::Chunk& chunk, const Tensor& s) {
    table.nt_xent_backward({chunk,
                            {u.size(0) / 2, scale_of(temperature), shift_is_running(temperature),
                             decoupled, saved[2].data_ptr<float>(), saved[3].data_ptr<float>()}},
                           u.get_device());
    Tensor part = du.narrow(0, chunk.first, chunk.rows);
    at::mm_out(part, s, u);
  });
  du.mul_(grads[0].div(static_cast<double>(u.size(0)) * temperature));
  return {gradient_of_rows(rows, du), Tensor()};
}

}  // namespace sct
