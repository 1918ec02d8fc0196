// The weights of a resize.
#pragma once

#include "cpu/augment.h"
#include "cpu/augment_workspace.h"

namespace sct::augment {

// Weights of a window of `key.outputs` pixels that starts at output `key.first` of a resize from
// `key.in` to `key.out` pixels. The table lies in `workspace` until the next call for the same
// direction.
ResizeTable resize_table(const TableKey& key, Direction direction, Workspace& workspace);

// The same table for vectors of `width` columns, mirrored if `flip`.
ColumnTable column_table(const ResizeTable& table, int32_t width, bool flip, Workspace& workspace);

}  // namespace sct::augment
