#include "cpu/augment_view.h"

#include <utility>

#include "cpu/augment_blur.h"
#include "cpu/augment_ops.h"
#include "cpu/augment_resize.h"
#include "cpu/augment_workspace.h"

namespace sct::augment {
namespace {

// The operations of a view, on two sets of planes: those on single pixels are collected and run
// together, since each run is a pass over memory.
class Program {
 public:
  Program(const Kernels& kernels, int32_t size, Workspace& workspace)
      : kernels_(kernels),
        size_(size),
        pixels_(static_cast<int64_t>(size) * size),
        workspace_(workspace),
        planes_(workspace.planes_of(size, 0)),
        other_set_(1) {}

  const Planes& planes() const { return planes_; }

  void apply(const sct_augment_op& op) {
    switch (op.kind) {
      case SCT_AUGMENT_CONTRAST:
        contrast(op, Sums::kGray);
        break;
      case SCT_AUGMENT_CONTRAST_CHANNELS:
        contrast(op, Sums::kChannels);
        break;
      case SCT_AUGMENT_BLUR:
      case SCT_AUGMENT_BLUR_ZERO:
        blur(op);
        break;
      case SCT_AUGMENT_EQUALIZE:
        run(Sums::kNone, nullptr);
        equalize(planes_, size_);
        break;
      case SCT_AUGMENT_CUTOUT:
        run(Sums::kNone, nullptr);
        cutout(planes_, size_, op);
        break;
      case SCT_AUGMENT_NOISE:
        run(Sums::kNone, nullptr);
        noise(planes_, size_, op);
        break;
      case SCT_AUGMENT_ROTATION:
        run(Sums::kNone, nullptr);
        rotate(planes_, size_, op.integers[0], other());
        swap();
        break;
      case SCT_AUGMENT_SOBEL:
        run(Sums::kNone, nullptr);
        sobel(planes_, size_, other());
        swap();
        break;
      default:
        pending_[count_++] = {op.kind, op.value, {}};
    }
  }

  // Writes the view; what is pending runs in the same pass.
  void write(const sct_augment_format& format, void* out) {
    kernels_.write(planes_, pending_, count_, format, out);
    count_ = 0;
  }

 private:
  // Runs what is pending; a sum alone is a run too.
  void run(Sums sums, double* totals) {
    if (count_ > 0 || sums != Sums::kNone) {
      kernels_.run(planes_, pixels_, pending_, count_, sums, totals);
      count_ = 0;
    }
  }

  void contrast(const sct_augment_op& op, Sums sums) {
    double totals[3] = {};
    run(sums, totals);
    if (sums == Sums::kGray) {
      totals[1] = totals[2] = totals[0];
    }
    PointOp& point = pending_[count_++];
    point = {op.kind, op.value, {}};
    const auto rest = static_cast<float>(1.0 - op.value);
    for (int c = 0; c < 3; c++) {
      point.shift[c] = static_cast<float>(totals[c] / static_cast<double>(pixels_)) * rest;
    }
  }

  void blur(const sct_augment_op& op) {
    const int32_t largest = blur_radius(size_);
    if (largest == 0) {
      return;
    }
    run(Sums::kNone, nullptr);
    float* weight = workspace_.blur_weights.need(largest + 1);
    const int32_t radius = blur_weights(op.value, largest, weight);
    float* lines = workspace_.lines.need(2 * (size_ + 2L * radius + kPad));
    kernels_.blur(planes_, size_, {radius, weight, op.kind == SCT_AUGMENT_BLUR_ZERO}, lines,
                  other());
    swap();
  }

  Planes other() { return workspace_.planes_of(size_, other_set_); }

  void swap() {
    planes_ = other();
    other_set_ = 1 - other_set_;
  }

  const Kernels& kernels_;
  int32_t size_;
  int64_t pixels_;
  Workspace& workspace_;
  Planes planes_;
  int other_set_;
  PointOp pending_[SCT_AUGMENT_MAX_OPS];
  int32_t count_ = 0;
};

}  // namespace

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
  const ColumnTable column_vectors =
      column_table(columns, kernels.width, view.flip != 0, workspace);
  const int64_t row_bytes = 3L * view.image_width;
  const Box box = {view.image + view.top * row_bytes + 3L * view.left, row_bytes,
                   view.image + view.image_height * row_bytes};

  Program program(kernels, format.size, workspace);
  const int64_t line = column_vectors.end - column_vectors.first + kPad;
  kernels.resample(box, rows, column_vectors, format.size, workspace.lines.need(3 * line),
                   program.planes());
  for (int32_t i = 0; i < view.op_count; i++) {
    program.apply(view.ops[i]);
  }
  program.write(format, out);
}

}  // namespace sct::augment
