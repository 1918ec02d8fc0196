// The further candidates of NT-Xent on the CPU, in the form of nt_xent::Others.
#pragma once

#include <ATen/core/Tensor.h>

#include "cpu/nt_xent_pass.h"
#include "detail/collective.h"

namespace sct {

class OtherRows {
 public:
  // None.
  OtherRows() = default;

  // The rows of `queue` [Q, D], which are no anchors. `eps` is that of nt_xent::Layout.
  static OtherRows of_queue(const nt_xent::Kernels& kernels, const at::Tensor& queue, double eps);

  // Those of `rows` [2N, D] of the other processes of a group, of the same N in all.
  static OtherRows of_group(const nt_xent::Kernels& kernels, const at::Tensor& rows,
                            const Collective& group, double eps);

  // What was saved.
  OtherRows(const nt_xent::Layout& layout, at::Tensor unit, at::Tensor shift, at::Tensor weight);

  // Tells the group the shifts and the w of its own anchors, float32 [padded rows of `layout`], and
  // hears those of the others. For rows of a group.
  void exchange(const nt_xent::Kernels& kernels, const Collective& group,
                const nt_xent::Layout& layout, const at::Tensor& shift, const at::Tensor& weight);

  const nt_xent::Layout& layout() const { return layout_; }
  const at::Tensor& unit() const { return unit_; }
  const at::Tensor& shift() const { return shift_; }
  const at::Tensor& weight() const { return weight_; }

  bool empty() const { return layout_.panels == 0; }

  // Valid as long as this is.
  nt_xent::Others get() const;

 private:
  OtherRows(const nt_xent::Kernels& kernels, const at::Tensor& rows, int64_t views, double eps);

  nt_xent::Layout layout_ = {};
  at::Tensor unit_, shift_, weight_;
};

}  // namespace sct
