// The weights of a resize.
#pragma once

#include "cpu/augment.h"
#include "cpu/augment_workspace.h"

namespace sct::augment {

// Weights of a window of `outputs` pixels that starts at output `first` of a resize from `in` to
// `out` pixels. The table lies in `workspace` until the next call for the same slot.
ResizeTable resize_table(int32_t interpolation, int32_t in, int64_t out, int64_t first,
                         int32_t outputs, Workspace& workspace, TableSlot slot);

// The same table for vectors of `width` columns, mirrored if `flip`.
ColumnTable column_table(const ResizeTable& table, int32_t width, bool flip, Workspace& workspace);

}  // namespace sct::augment
