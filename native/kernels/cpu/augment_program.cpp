#include "cpu/augment_program.h"

#include <algorithm>
#include <numeric>

#include "cpu/augment_blur.h"
#include "cpu/augment_crop.h"
#include "cpu/augment_ops.h"
#include "cpu/augment_resize.h"

namespace sct::augment {
namespace {

// Pixels of a strip at least: three planes of them are a third of a first-level cache.
constexpr int32_t kStripPixels = 1024;

// Rows of a strip. All strips but the last are whole vectors, since what overhangs would be changed
// twice, whole cache lines of bfloat16, since they are written past the caches, and whole groups of
// the rows that are blurred together. Odd sizes need 32 rows for that.
constexpr int32_t strip_rows(int32_t size) {
  constexpr int32_t kUnitPixels = 32;
  const int32_t unit = std::max(kUnitPixels / std::gcd(size, kUnitPixels), kBlurRows);
  return std::max(kStripPixels / size / unit, 1) * unit;
}

constexpr bool strips_are_whole() {
  for (int32_t size = 1; size <= kLargestSize; size++) {
    const int64_t pixels = int64_t{strip_rows(size)} * size;
    if (pixels * 2 % 64 != 0 || strip_rows(size) % kBlurRows != 0) {
      return false;
    }
  }
  return true;
}
static_assert(strips_are_whole());
static_assert(blur_radius(kLargestSize) == kLargestRadius);

Planes from_row(const Planes& planes, int32_t size, int32_t row) {
  const int64_t at = static_cast<int64_t>(row) * size;
  return {{planes.channel[0] + at, planes.channel[1] + at, planes.channel[2] + at}};
}

}  // namespace

Program::Program(const Kernels& kernels, const sct_augment_format& format, const Crop& crop,
                 Workspace& workspace)
    : kernels_(kernels),
      format_(format),
      crop_(crop),
      workspace_(workspace),
      strip_(strip_rows(format.size)) {
  top_.planes = workspace.planes_of(format.size, set_);
}

void Program::apply(const sct_augment_op& op) {
  const int32_t size = format_.size;
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
      settle(Sums::kNone, nullptr);
      equalize(top_.planes, size);
      break;
    case SCT_AUGMENT_CUTOUT:
      settle(Sums::kNone, nullptr);
      cutout(top_.planes, size, op);
      break;
    case SCT_AUGMENT_NOISE:
      settle(Sums::kNone, nullptr);
      noise(top_.planes, size, op);
      break;
    case SCT_AUGMENT_ROTATION:
      settle(Sums::kNone, nullptr);
      rotate(top_.planes, size, op.integers[0], other());
      swap();
      break;
    case SCT_AUGMENT_CROP:
      settle(Sums::kNone, nullptr);
      crop_again(op);
      swap();
      break;
    case SCT_AUGMENT_SOBEL:
      settle(Sums::kNone, nullptr);
      sobel(top_.planes, size, other());
      swap();
      break;
    default:
      top_.ops[top_.count++] = {op.kind, op.value, {}};
  }
}

void Program::write(void* view) {
  for (int32_t from = 0; from < format_.size; from += strip_) {
    const int32_t to = std::min(from + strip_, format_.size);
    // Rows that nobody reads again are made in the same place.
    const Planes planes =
        top_.source == Source::kPlanes ? from_row(top_.planes, format_.size, from) : top_.planes;
    make(top_, from, to, planes);
    run(top_, from, to, planes, Sums::kNone, nullptr);
    kernels_.write(planes, from, to, format_, view);
  }
}

void Program::contrast(const sct_augment_op& op, Sums sums) {
  double totals[3] = {};
  settle(sums, totals);
  if (sums == Sums::kGray) {
    totals[1] = totals[2] = totals[0];
  }
  PointOp& point = top_.ops[top_.count++];
  point = {op.kind, op.value, {}};
  const auto rest = static_cast<float>(1.0 - op.value);
  const double pixels = static_cast<double>(format_.size) * format_.size;
  for (int c = 0; c < 3; c++) {
    point.shift[c] = static_cast<float>(totals[c] / pixels) * rest;
  }
}

void Program::blur(const sct_augment_op& op) {
  if (top_.source == Source::kBlur) {
    settle(Sums::kNone, nullptr);  // its weights are overwritten below
  }
  const int32_t largest = blur_radius(format_.size);
  float* weight = workspace_.blur_weights.need(largest + 1);
  const int32_t radius = blur_weights(op.value, largest, weight);
  if (radius == 0) {
    return;
  }
  kernel_ = blur_kernel(format_.size, radius, weight, op.kind == SCT_AUGMENT_BLUR_ZERO);
  below_ = top_;
  swap();
  top_.source = Source::kBlur;
  top_.count = 0;
}

void Program::crop_again(const sct_augment_op& op) {
  const int32_t size = format_.size;
  const auto [top, left, height, width] = op.integers;
  // In the place of the tables of the crop of the image, which the settled view no longer needs.
  const ResizeTable rows =
      resize_table({format_.interpolation, height, size, 0, size}, Direction::kRows, workspace_);
  const ResizeTable columns =
      resize_table({format_.interpolation, width, size, 0, size}, Direction::kColumns, workspace_);
  crop(top_.planes, size, op, rows, columns, workspace_.lines.need(width), other());
}

void Program::make(Layer& layer, int32_t from, int32_t to, const Planes& out) {
  const int32_t size = format_.size;
  switch (layer.source) {
    case Source::kCrop: {
      const int64_t line = crop_.columns.end - crop_.columns.first + kPad;
      kernels_.resample(crop_.box, crop_.rows, crop_.columns, from, to,
                        workspace_.lines.need(3 * line), out);
      return;
    }
    case Source::kPlanes:
      return;
    case Source::kBlur:
      advance(below_, std::min(to + kernel_.radius, size), Sums::kNone, nullptr);
      kernels_.blur(below_.planes, size, kernel_, from, to,
                    workspace_.lines.need((kBlurRows + 1) * kernel_.stride), out);
  }
}

void Program::run(const Layer& layer, int32_t from, int32_t to, const Planes& planes, Sums sums,
                  double* totals) const {
  if (layer.count > 0 || sums != Sums::kNone) {
    kernels_.run(planes, static_cast<int64_t>(to - from) * format_.size, layer.ops, layer.count,
                 sums, totals);
  }
}

void Program::advance(Layer& layer, int32_t rows, Sums sums, double* totals) {
  while (layer.done < rows) {
    const int32_t from = layer.done;
    const int32_t to = std::min(from + strip_, format_.size);
    const Planes planes = from_row(layer.planes, format_.size, from);
    make(layer, from, to, planes);
    run(layer, from, to, planes, sums, totals);
    layer.done = to;
  }
}

void Program::settle(Sums sums, double* totals) {
  advance(top_, format_.size, sums, totals);
  top_.source = Source::kPlanes;
  top_.done = 0;
  top_.count = 0;
}

void Program::swap() {
  top_.planes = other();
  set_ = 1 - set_;
}

}  // namespace sct::augment
