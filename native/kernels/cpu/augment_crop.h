// SCT_AUGMENT_CROP.
#pragma once

#include "cpu/augment.h"

namespace sct::augment {

// Resizes the box of `op` in `in`. `rows` and `columns` are the tables of its height and its width;
// `line` has room for a row of a view; `out` is other memory.
void crop(const Planes& in, int32_t size, const sct_augment_op& op, const ResizeTable& rows,
          const ResizeTable& columns, float* line, const Planes& out);

}  // namespace sct::augment
