// What the CPU kernels of NT-Xent and its variants collect of rows, in tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include "cpu/nt_xent_pass.h"

namespace sct {

// The kernels of the instruction set that SCT_ISA_AUTO stands for.
const nt_xent::Kernels& nt_xent_kernels();

class RowSums {
 public:
  // For the padded rows of a layout; no candidates so far.
  RowSums(const nt_xent::Kernels& kernels, const nt_xent::Layout& layout, bool running);

  nt_xent::Forward pass(const nt_xent::Layout& layout, const at::Tensor& unit, double temperature,
                        const nt_xent::Others& others = {}) const;

 private:
  at::Tensor rest_, rest_shift_, cross_, cross_shift_, moment_, positive_, rival_;
};

}  // namespace sct
