// The passes of NT-Xent over all pairs of rows, on the threads of at::parallel_for.
//
// Same bits on every run with the same number of threads: who computes what, and in which order, is
// a function of that number.
#pragma once

#include <functional>

#include "cpu/nt_xent.h"

namespace sct::nt_xent {

// The kernels of an instruction set that the machine has.
const Kernels& kernels_of(int32_t isa);

Layout layout_of(const Kernels& kernels, int64_t views, int64_t images, int64_t columns,
                 double eps = kEps);

// Rows of all views, with those that fill up panels.
int64_t padded_rows(const Kernels& kernels, const Layout& layout);

// A panel's first row among the padded ones and in the input, and how many rows of the input it
// has.
struct Place {
  int64_t padded;
  int64_t row;
  int64_t rows;
};

Place place_of(const Kernels& kernels, const Layout& layout, int64_t panel);

// The place among the padded rows of a row of the input.
int64_t padded_of(const Kernels& kernels, const Layout& layout, int64_t row);

// From rows `v` [VN, D] to their norms [padded_rows], and to the unit rows and the sums of a pass,
// which are expected as for no candidates at all. `done` is called once for each panel, on any
// thread, when its sums are complete.
void forward(const Kernels& kernels, const Forward& pass, const float* v, double* norm,
             const std::function<void(int64_t panel)>& done);

// From rows `v` of a layout to their unit rows.
void pack(const Kernels& kernels, const Layout& layout, const float* v, float* unit);

// Sums of the unit rows of each group of Groups, [groups, depth], which are expected as 0.
void add_groups(const Kernels& kernels, const Layout& layout, const float* unit,
                const int64_t* group, double* sum);

// Sum of the cosines of a row of the input and the others of its group, of which `sum` is the sum.
double cosine_sum(const Kernels& kernels, const Layout& layout, const float* unit, int64_t row,
                  const double* sum);

// From a pass and the norms to the gradient of the rows, `out` [VN, D], times `scale`. That of the
// unit rows is overwritten.
void backward(const Kernels& kernels, const Backward& pass, const double* norm, double scale,
              float* out);

}  // namespace sct::nt_xent
