// Rows brought to length 1.
#pragma once

#include <ATen/core/Tensor.h>

namespace sct {

struct UnitRows {
  // v / max(|v|, 1e-12) of each row v, in the type of the rows.
  at::Tensor u;
  // |v|, float64 [M, 1].
  at::Tensor norm;
};

// Of `z` [M, D], float32 or float64. The norm is computed in float64.
UnitRows normalized(const at::Tensor& z);

// The same without the norms.
at::Tensor unit_rows(const at::Tensor& z);

// From the gradient of u to that of v: dv = (du - u <u, du>) / |v| where |v| >= 1e-12, and du /
// 1e-12 elsewhere, where the divisor is a constant.
at::Tensor gradient_of_rows(const UnitRows& rows, const at::Tensor& du);

}  // namespace sct
