#include "sct/sup_con.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/where.h>

#include <limits>
#include <string>
#include <utility>

#include "detail/call.h"
#include "detail/chunked.h"
#include "detail/measures.h"
#include "detail/sup_con_cpu.h"
#include "detail/temperature.h"
#include "detail/unit_rows.h"
#include "detail/without_autocast.h"

using namespace sct;

namespace {

using torch::autograd::variable_list;

// Where the anchors in `labels` from row `first` on have positives: the same label in another row.
Tensor positives(const Tensor& labels, int64_t first, int64_t count) {
  Tensor same = labels.narrow(0, first, count).unsqueeze(1).eq(labels.unsqueeze(0));
  same.diagonal(first).fill_(false);
  return same;
}

// With operations of libtorch, a few anchors at a time, on any device.
variable_list by_chunks(const Tensor& z, const Tensor& labels, int64_t views, double temperature) {
  const WithoutAutocast without_autocast;
  const Tensor u = unit_rows(z);
  const int64_t m = u.size(0);
  const Tensor found = at::empty({m}, labels.options());
  each_chunk(m, chunk_rows(u), [&](int64_t first, int64_t count) {
    found.narrow(0, first, count).copy_(positives(labels, first, count).sum(1));
  });
  const int64_t n = m / views;
  Measures measures(u.options());
  const Tensor sum = sum_by_chunks(u, u, [&](const Tensor& a, const Tensor& c, int64_t first) {
    const int64_t count = a.size(0);
    const Tensor s = at::mm(a, c.t()).div(temperature);
    if (views > 1) {
      measures.add_rows(s, first, n);
    }
    const Tensor self = at::arange(first, first + count, labels.options()).unsqueeze(1);
    const Tensor others = at::scatter(s, 1, self, -std::numeric_limits<double>::infinity());
    const Tensor own = found.narrow(0, first, count);
    const Tensor mean =
        at::where(positives(labels, first, count), s, 0.0).sum(1).div(at::clamp_min(own, 1));
    return at::where(own.gt(0), at::logsumexp(others, 1).sub(mean), 0.0).sum();
  });
  const Tensor anchors = found.gt(0).sum();
  variable_list out = {sum.div(anchors), anchors.neg().add(m)};
  if (views > 1) {
    out.push_back(measures.accuracy(n));
    out.push_back(measures.entropy(n));
  }
  return out;
}

sct_status compute(const char* name, sct_tensor z, sct_tensor labels, int64_t views,
                   double temperature,
                   std::initializer_list<std::pair<sct_tensor*, const char*>> results) {
  return guard(name, {z, labels}, [&] {
    const Tensor& rows = unbox(z, "z");
    const Tensor& ids = unbox(labels, "labels");
    for (const auto& [handle, argument] : results) {
      require(handle, argument);
    }
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
    if (views < 1 || rows.size(0) % views != 0) {
      fail(SCT_SHAPE, "argument 'z' must have the same number of rows of each of the " +
                          std::to_string(views) + " views");
    }
    check_temperature(temperature);
    const bool wide = rows.scalar_type() == at::kDouble;
    const Tensor input = wide ? rows : rows.to(at::kFloat);
    const variable_list found = input.is_cpu() && !wide
                                    ? SupConCpu::apply(input, ids, views, temperature)
                                    : by_chunks(input, ids, views, temperature);
    if (views > 1) {
      give(found, {results.begin()[0].first, results.begin()[1].first, results.begin()[2].first,
                   results.begin()[3].first});
    } else {
      give(found, {results.begin()[0].first, results.begin()[1].first});
    }
  });
}

}  // namespace

sct_status sct_sup_con(sct_tensor z, sct_tensor labels, double temperature, sct_tensor* ret_loss,
                       sct_tensor* ret_skipped) {
  return compute("sup_con", z, labels, 1, temperature,
                 {{ret_loss, "ret_loss"}, {ret_skipped, "ret_skipped"}});
}

sct_status sct_sup_con_views(sct_tensor z, sct_tensor labels, int64_t views, double temperature,
                             sct_tensor* ret_loss, sct_tensor* ret_skipped,
                             sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  if (views < 2) {
    return guard("sup_con_views", {z, labels}, [&] {
      invalid("argument 'views' is " + std::to_string(views) + ", allowed is 2 or more");
    });
  }
  return compute("sup_con_views", z, labels, views, temperature,
                 {{ret_loss, "ret_loss"},
                  {ret_skipped, "ret_skipped"},
                  {ret_accuracy, "ret_accuracy"},
                  {ret_entropy, "ret_entropy"}});
}
