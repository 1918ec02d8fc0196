#include "detail/unit_rows.h"

#include <ATen/ops/clamp_min.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace sct {

using at::Tensor;

UnitRows normalized(const Tensor& z, double eps) {
  const Tensor wide = z.to(at::kDouble);
  const Tensor norm = at::linalg_vector_norm(wide, 2, 1, /*keepdim=*/true);
  return {wide.div(at::clamp_min(norm, eps)).to(z.scalar_type()), norm, eps};
}

Tensor unit_rows(const Tensor& z) { return normalized(z).u; }

Tensor gradient_of_rows(const UnitRows& rows, const Tensor& du) {
  const Tensor along = rows.u.mul(du).sum(1, /*keepdim=*/true).mul_(rows.norm.ge(rows.eps));
  const Tensor dv = du.sub(rows.u.mul(along)).div(at::clamp_min(rows.norm, rows.eps));
  return dv.to(du.scalar_type());
}

}  // namespace sct
