#include "cpu/augment_view.h"

#include "cpu/augment_program.h"
#include "cpu/augment_resize.h"
#include "cpu/augment_workspace.h"

namespace sct::augment {

const Kernels& kernels_of(int32_t isa) {
  switch (isa) {
    case SCT_ISA_AVX512:
      return avx512_kernels();
    case SCT_ISA_AVX2:
      return avx2_kernels();
    default:
      return scalar_kernels();
  }
}

void compute_view(const Kernels& kernels, const sct_augment_format& format,
                  const sct_augment_view& view, void* out) {
  static thread_local Workspace workspace;
  const ResizeTable rows = resize_table(
      {format.interpolation, view.height, view.full_height, view.window_top, format.size},
      Direction::kRows, workspace);
  const ResizeTable columns = resize_table(
      {format.interpolation, view.width, view.full_width, view.window_left, format.size},
      Direction::kColumns, workspace);
  const int64_t row_bytes = 3L * view.image_width;
  const Box box = {view.image + view.top * row_bytes + 3L * view.left, row_bytes,
                   view.image + view.image_height * row_bytes};
  const Crop crop = {box, rows, column_table(columns, kernels.width, view.flip != 0, workspace)};
  Program program(kernels, format, crop, workspace);
  for (int32_t i = 0; i < view.op_count; i++) {
    program.apply(view.ops[i]);
  }
  program.write(out);
}

}  // namespace sct::augment
