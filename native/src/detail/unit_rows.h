// Rows brought to length 1.
#pragma once

#include <ATen/core/Tensor.h>

#include "cpu/nt_xent.h"

namespace sct {

struct UnitRows {
  // v / max(|v|, eps) of each row v, in the type of the rows.
  at::Tensor u;
  // |v|, float64 [M, 1].
  at::Tensor norm;
  double eps;
};

// Of `z` [M, D], float32 or float64. The norm is computed in float64.
UnitRows normalized(const at::Tensor& z, double eps = nt_xent::kEps);

// The same without the norms, with nt_xent::kEps.
at::Tensor unit_rows(const at::Tensor& z);

// From the gradient of u to that of v: dv = (du - u <u, du>) / |v| where |v| >= eps, and du /
// eps elsewhere, where the divisor is a constant.
at::Tensor gradient_of_rows(const UnitRows& rows, const at::Tensor& du);

}  // namespace sct
