// The passes of NT-Xent over all pairs of rows, on the threads of at::parallel_for.
//
// Same bits on every run with the same number of threads: who computes what, and in which order, is
// a function of that number.
#pragma once

#include "cpu/nt_xent.h"

namespace sct::nt_xent {

// The kernels of an instruction set that the machine has.
const Kernels& kernels_of(int32_t isa);

Layout layout_of(const Kernels& kernels, int64_t images, int64_t columns);

// Rows of both views, with those that fill up panels.
int64_t padded_rows(const Kernels& kernels, const Layout& layout);

// Place of row r of view w among them.
inline int64_t padded_row(const Kernels& kernels, const Layout& layout, int64_t view, int64_t row) {
  return view * layout.panels * kernels.width + row;
}

// From rows [2N, D] to panels of unit rows, [padded_rows * depth], and norms [padded_rows].
void pack(const Kernels& kernels, const Layout& layout, const float* v, double* norm, float* unit);

// Fills the sums of a pass; they are expected as for no candidates at all.
void forward(const Kernels& kernels, const Forward& pass);

// Fills the gradient of a pass.
void backward(const Kernels& kernels, const Backward& pass);

// From the gradient of the unit rows, which is overwritten, to that of the rows, times `scale`.
void unpack(const Kernels& kernels, const Layout& layout, const float* unit, const double* norm,
            double scale, float* grad, float* out);

}  // namespace sct::nt_xent
