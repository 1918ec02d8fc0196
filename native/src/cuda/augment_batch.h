// The part of augment.h that needs the CUDA runtime.
#pragma once

#include <ATen/core/Tensor.h>

#include "sct/augment.h"

namespace sct {

// See CudaTable::augment.
void augment_batch(const sct_augment_format& format, const sct_augment_view* views, int64_t count,
                   const at::Tensor& out);

}  // namespace sct
