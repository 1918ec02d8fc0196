#include "detail/row_sums.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "detail/isa.h"
#include "detail/temperature.h"
#include "sct/augment.h"

namespace sct {
namespace {

at::Tensor numbers(int64_t count, float value, at::ScalarType dtype) {
  return at::full({count}, value, dtype);
}

}  // namespace

const nt_xent::Kernels& nt_xent_kernels() { return nt_xent::kernels_of(resolve_isa(SCT_ISA_AUTO)); }

RowSums::RowSums(const nt_xent::Kernels& kernels, const nt_xent::Layout& layout, bool running) {
  const float shift = running ? nt_xent::kNone : 1.0F;
  const int64_t rows = nt_xent::padded_rows(kernels, layout);
  rest_ = numbers(rows, 0, at::kDouble);
  rest_shift_ = numbers(rows, shift, at::kFloat);
  const int64_t crossing = layout.views > 1 ? rows / layout.views : 0;
  cross_ = numbers(crossing, 0, at::kDouble);
  cross_shift_ = numbers(crossing, shift, at::kFloat);
  moment_ = numbers(crossing, 0, at::kDouble);
  positive_ = numbers(crossing, 0, at::kFloat);
  rival_ = numbers(crossing, nt_xent::kNone, at::kFloat);
}

nt_xent::Forward RowSums::pass(const nt_xent::Layout& layout, const at::Tensor& unit,
                               double temperature, const nt_xent::Others& others) const {
  return {layout,
          unit.data_ptr<float>(),
          others,
          scale_of(temperature),
          shift_is_running(temperature),
          {rest_.data_ptr<double>(), rest_shift_.data_ptr<float>()},
          {cross_.data_ptr<double>(), cross_shift_.data_ptr<float>()},
          moment_.data_ptr<double>(),
          positive_.data_ptr<float>(),
          rival_.data_ptr<float>()};
}

}  // namespace sct
