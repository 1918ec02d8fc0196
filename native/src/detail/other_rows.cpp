#include "detail/other_rows.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

namespace sct {
namespace {

using at::Tensor;

// `all` [processes, ...] without what this process has.
Tensor without_own(const Tensor& all, int64_t rank) {
  return at::cat({all.narrow(0, 0, rank), all.narrow(0, rank + 1, all.size(0) - rank - 1)});
}

// From [processes, 2, N, ...] to [2 processes N, ...]: view 1 of all, then view 2.
Tensor by_views(const Tensor& rows) { return rows.transpose(0, 1).contiguous().flatten(0, 2); }

// Calls body(place) for all panels.
template <class Body>
void for_places(const nt_xent::Kernels& kernels, const nt_xent::Layout& layout, const Body& body) {
  for (int64_t panel = 0; panel < layout.views * layout.panels; panel++) {
    body(nt_xent::place_of(kernels, layout, panel));
  }
}

}  // namespace

OtherRows::OtherRows(const nt_xent::Layout& layout, Tensor unit, Tensor shift, Tensor weight)
    : layout_(layout),
      unit_(std::move(unit)),
      shift_(std::move(shift)),
      weight_(std::move(weight)) {}

OtherRows::OtherRows(const nt_xent::Kernels& kernels, const Tensor& rows, int64_t views, double eps)
    : layout_(nt_xent::layout_of(kernels, views, rows.size(0) / views, rows.size(1), eps)) {
  const int64_t padded = nt_xent::padded_rows(kernels, layout_);
  unit_ = at::empty({padded * layout_.depth}, at::kFloat);
  // A shift that no exponential overflows with; w says that they are no anchors.
  shift_ = at::ones({padded}, at::kFloat);
  weight_ = at::zeros({padded}, at::kFloat);
  nt_xent::pack(kernels, layout_, rows.const_data_ptr<float>(), unit_.data_ptr<float>());
}

OtherRows OtherRows::of_queue(const nt_xent::Kernels& kernels, const Tensor& queue, double eps) {
  return OtherRows(kernels, queue.contiguous(), 1, eps);
}

OtherRows OtherRows::of_group(const nt_xent::Kernels& kernels, const Tensor& rows,
                              const Collective& group, double eps) {
  const Tensor all = group.all_gather(rows.flatten());
  if (all.size(0) == 1) {
    return {};
  }
  const int64_t n = rows.size(0) / 2;
  const Tensor others = without_own(all, group.rank()).view({-1, 2, n, rows.size(1)});
  return OtherRows(kernels, by_views(others), 2, eps);
}

void OtherRows::exchange(const nt_xent::Kernels& kernels, const Collective& group,
                         const nt_xent::Layout& layout, const Tensor& shift, const Tensor& weight) {
  const int64_t n = layout.images;
  const Tensor own = at::empty({2 * n, 2}, at::kFloat);
  auto* to = own.data_ptr<float>();
  for_places(kernels, layout, [&](const nt_xent::Place& place) {
    for (int64_t r = 0; r < place.rows; r++) {
      to[2 * (place.row + r)] = shift.const_data_ptr<float>()[place.padded + r];
      to[2 * (place.row + r) + 1] = weight.const_data_ptr<float>()[place.padded + r];
    }
  });
  const Tensor all = group.all_gather(own.flatten());
  const Tensor others = by_views(without_own(all, group.rank()).view({-1, 2, n, 2}));
  const auto* from = others.const_data_ptr<float>();
  for_places(kernels, layout_, [&](const nt_xent::Place& place) {
    for (int64_t r = 0; r < place.rows; r++) {
      shift_.data_ptr<float>()[place.padded + r] = from[2 * (place.row + r)];
      weight_.data_ptr<float>()[place.padded + r] = from[2 * (place.row + r) + 1];
    }
  });
}

nt_xent::Others OtherRows::get() const {
  if (empty()) {
    return {};
  }
  return {layout_, unit_.const_data_ptr<float>(), shift_.const_data_ptr<float>(),
          weight_.const_data_ptr<float>()};
}

}  // namespace sct
