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

// From rows `v` [2N, D] to their norms [padded_rows], and to the unit rows and the sums of a pass,
// which are expected as for no candidates at all.
void forward(const Kernels& kernels, const Forward& pass, const float* v, double* norm);

// From a pass and the norms to the gradient of the rows, `out` [2N, D], times `scale`. That of the
// unit rows is overwritten.
void backward(const Kernels& kernels, const Backward& pass, const double* norm, double scale,
              float* out);

}  // namespace sct::nt_xent
