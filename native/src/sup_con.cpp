#include "sct/sup_con.h"

#include <ATen/ops/clamp_min.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/where.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <limits>

#include "cpu/nt_xent.h"
#include "detail/call.h"
#include "detail/sup_con_cpu.h"
#include "detail/temperature.h"

using namespace sct;

namespace {

using torch::autograd::variable_list;

// With operations of libtorch and matrices of [M, M], on any device.
variable_list with_matrix(const Tensor& z, const Tensor& labels, double temperature) {
  const c10::impl::ExcludeDispatchKeyGuard without_autocast(c10::autocast_dispatch_keyset);
  const Tensor norm = at::linalg_vector_norm(z, 2, 1, /*keepdim=*/true);
  const Tensor u = z.div(at::clamp_min(norm, nt_xent::kEps));
  Tensor s = at::mm(u, u.t()).div_(temperature);
  s.fill_diagonal_(-std::numeric_limits<double>::infinity());
  const Tensor log_p = s.sub(at::logsumexp(s, 1, /*keepdim=*/true));
  Tensor positive = labels.unsqueeze(1).eq(labels.unsqueeze(0));
  positive.fill_diagonal_(false);
  const Tensor count = positive.sum(1);
  const Tensor anchors = count.gt(0).sum();
  const Tensor mean = at::where(positive, log_p, 0.0).sum(1).div(at::clamp_min(count, 1));
  return {mean.sum().neg().div(anchors), anchors.neg().add(z.size(0))};
}

}  // namespace

sct_status sct_sup_con(sct_tensor z, sct_tensor labels, double temperature, sct_tensor* ret_loss,
                       sct_tensor* ret_skipped) {
  return guard("sup_con", {z, labels}, [&] {
    const Tensor& rows = unbox(z, "z");
    const Tensor& ids = unbox(labels, "labels");
    require(ret_loss, "ret_loss");
    require(ret_skipped, "ret_skipped");
    if (rows.dim() != 2 || rows.size(0) < 2) {
      fail(SCT_SHAPE, "argument 'z' must be [M, D] with M >= 2");
    }
    if (!rows.is_floating_point()) {
      invalid("argument 'z' must be floating");
    }
    if (ids.dim() != 1 || ids.size(0) != rows.size(0)) {
      fail(SCT_SHAPE, "argument 'labels' must be [M], with a label for each row of 'z'");
    }
    if (ids.scalar_type() != at::kLong) {
      invalid("argument 'labels' must be int64");
    }
    if (ids.device() != rows.device()) {
      fail(SCT_DEVICE, "arguments 'z' and 'labels' are on different devices");
    }
    check_temperature(temperature);
    const bool wide = rows.scalar_type() == at::kDouble;
    const Tensor input = wide ? rows : rows.to(at::kFloat);
    give(input.is_cpu() && !wide ? SupConCpu::apply(input, ids, temperature)
                                 : with_matrix(input, ids, temperature),
         {ret_loss, ret_skipped});
  });
}
