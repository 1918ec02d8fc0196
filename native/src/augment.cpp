#include "sct/augment.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "cpu/augment_view.h"
#include "detail/call.h"
#include "detail/cuda_table.h"
#include "detail/isa.h"
#include "sct/dtype.h"

using namespace sct;

namespace {

// Bounds of what a caller gives; messages name the view.
class Check {
 public:
  explicit Check(int64_t view) : view_(view) {}

  template <class Value>
  void between(const char* name, Value value, Value low, Value high) const {
    // Written so that NaN fails.
    if (!(value >= low && value <= high)) {
      refuse(name, std::to_string(value), std::to_string(low) + " to " + std::to_string(high));
    }
  }

  void at_least(const char* name, int64_t value, int64_t low) const {
    if (value < low) {
      refuse(name, std::to_string(value), "at least " + std::to_string(low));
    }
  }

  [[noreturn]] void refuse(const char* name, const std::string& value,
                           const std::string& allowed) const {
    invalid("view " + std::to_string(view_) + ": " + name + " is " + value +
            "; allowed: " + allowed);
  }

 private:
  int64_t view_;
};

void check_op(const Check& check, const sct_augment_op& op, int32_t size) {
  constexpr float kLargest = 1e6F;
  switch (op.kind) {
    case SCT_AUGMENT_BRIGHTNESS:
    case SCT_AUGMENT_CONTRAST:
    case SCT_AUGMENT_CONTRAST_CHANNELS:
    case SCT_AUGMENT_SATURATION:
    case SCT_AUGMENT_SATURATION_HSV:
      return check.between("factor of a colour operation", op.value, 0.0F, kLargest);
    case SCT_AUGMENT_HUE:
      return check.between("hue", op.value, -0.5F, 0.5F);
    case SCT_AUGMENT_BLUR:
    case SCT_AUGMENT_BLUR_ZERO:
      return check.between("sigma of the blur", op.value, 1e-6F, kLargest);
    case SCT_AUGMENT_SOLARIZE:
      return check.between("threshold of solarize", op.value, -kLargest, kLargest);
    case SCT_AUGMENT_CUTOUT: {
      const auto [top, left, height, width] = op.integers;
      check.between("top of the cutout", top, 0, size - 1);
      check.between("left of the cutout", left, 0, size - 1);
      check.between("height of the cutout", height, 0, size - top);
      return check.between("width of the cutout", width, 0, size - left);
    }
    case SCT_AUGMENT_CROP: {
      const auto [top, left, height, width] = op.integers;
      check.between("top of the crop of the view", top, 0, size - 1);
      check.between("left of the crop of the view", left, 0, size - 1);
      check.between("height of the crop of the view", height, 1, size - top);
      return check.between("width of the crop of the view", width, 1, size - left);
    }
    case SCT_AUGMENT_ROTATION:
      return check.between("quarter turns", op.integers[0], 0, 3);
    case SCT_AUGMENT_NOISE:
      return check.between("standard deviation of the noise", op.value, 0.0F, kLargest);
    case SCT_AUGMENT_GRAY:
    case SCT_AUGMENT_EQUALIZE:
    case SCT_AUGMENT_SOBEL:
    case SCT_AUGMENT_CLAMP:
      return;
    default:
      check.refuse("kind of an operation", std::to_string(op.kind), "SCT_AUGMENT_...");
  }
}

void check_view(const Check& check, const sct_augment_view& view, int32_t size, int64_t out_rows) {
  if (view.image == nullptr) {
    check.refuse("image", "NULL", "uint8 pixels");
  }
  check.at_least("image_height", view.image_height, 1);
  check.at_least("image_width", view.image_width, 1);
  check.between("top", view.top, 0, view.image_height - 1);
  check.between("left", view.left, 0, view.image_width - 1);
  check.between("height", view.height, 1, view.image_height - view.top);
  check.between("width", view.width, 1, view.image_width - view.left);
  check.at_least("full_height", view.full_height, size);
  check.at_least("full_width", view.full_width, size);
  check.between<int64_t>("window_top", view.window_top, 0, view.full_height - size);
  check.between<int64_t>("window_left", view.window_left, 0, view.full_width - size);
  check.between<int64_t>("row", view.row, 0, out_rows - 1);
  check.between("flip", view.flip, 0, 1);
  check.between<int32_t>("op_count", view.op_count, 0, SCT_AUGMENT_MAX_OPS);
  for (int32_t i = 0; i < view.op_count; i++) {
    check_op(check, view.ops[i], size);
  }
}

void check_format(const sct_augment_format& format) {
  if (format.size < 1 || format.size > augment::kLargestSize) {
    invalid("size is " + std::to_string(format.size) + "; allowed: 1 to " +
            std::to_string(augment::kLargestSize));
  }
  if (format.dtype != SCT_FLOAT32 && format.dtype != SCT_BFLOAT16) {
    invalid("dtype is " + std::to_string(format.dtype) + "; allowed: SCT_FLOAT32, SCT_BFLOAT16");
  }
  if (format.interpolation < SCT_RESIZE_BILINEAR ||
      format.interpolation > SCT_RESIZE_BICUBIC_TENSORFLOW) {
    invalid("interpolation is " + std::to_string(format.interpolation) +
            "; allowed: SCT_RESIZE_...");
  }
  for (int c = 0; format.normalize && c < 3; c++) {
    if (!std::isfinite(format.mean[c]) || !(format.std[c] > 0) || !std::isfinite(format.std[c])) {
      invalid("mean and std of channel " + std::to_string(c) + " are " +
              std::to_string(format.mean[c]) + " and " + std::to_string(format.std[c]) +
              "; allowed: finite, std above 0");
    }
  }
}

void check(const sct_augment_format* format, const sct_augment_view* views, int64_t count,
           int64_t out_rows) {
  require(format, "format");
  check_format(*format);
  if (count < 0) {
    invalid("count is " + std::to_string(count) + "; allowed: at least 0");
  }
  if (out_rows < 0) {
    invalid("out_rows is " + std::to_string(out_rows) + "; allowed: at least 0");
  }
  if (count > 0) {
    require(views, "views");
  }
  for (int64_t i = 0; i < count; i++) {
    check_view(Check(i), views[i], format->size, out_rows);
  }
}

// The crop's first bytes; sequential readers bring the rest.
constexpr int64_t kPrefetchBytes = 1024;
constexpr int64_t kLineBytes = 64;

// Starts to load what compute_view reads first. Images of a data set lie anywhere in it, so the
// first access of each waits for memory and for the translation of the page.
void prefetch(const sct_augment_view& view) {
  const int64_t row_bytes = 3L * view.image_width;
  const int64_t first = view.top * row_bytes + 3L * view.left;
  const int64_t bytes = (view.height - 1) * row_bytes + 3L * view.width;
  const auto* crop = view.image + first;
  for (int64_t at = 0; at < std::min(bytes, kPrefetchBytes); at += kLineBytes) {
    __builtin_prefetch(crop + at);
  }
}

}  // namespace

sct_status sct_augment(const sct_augment_format* format, const sct_augment_view* views,
                       int64_t count, void* out, int64_t out_rows) {
  return guard("augment", {}, [&] {
    check(format, views, count, out_rows);
    const augment::Kernels& kernels = augment::kernels_of(resolve_isa(format->isa));
    if (count > 0) {
      require(out, "out");
    }
    const int64_t value_bytes = format->dtype == SCT_BFLOAT16 ? 2 : 4;
    if (reinterpret_cast<uintptr_t>(out) % value_bytes != 0) {
      invalid("'out' is not aligned to its values, which have " + std::to_string(value_bytes) +
              " bytes");
    }
    const int64_t view_bytes = 3L * format->size * format->size * value_bytes;
    for (int64_t i = 0; i < count; i++) {
      if (i + 1 < count) {
        prefetch(views[i + 1]);
      }
      augment::compute_view(kernels, *format, views[i],
                            static_cast<char*>(out) + views[i].row * view_bytes);
    }
  });
}

sct_status sct_augment_cuda(const sct_augment_format* format, const sct_augment_view* views,
                            int64_t count, sct_tensor out) {
  return guard("augment_cuda", {out}, [&] {
    const Tensor& tensor = unbox(out, "out");
    require(format, "format");
    check_format(*format);
    const int64_t view_values = 3L * format->size * format->size;
    check(format, views, count, tensor.numel() / view_values);
    if (!tensor.is_cuda()) {
      fail(SCT_DEVICE, "'out' is not on a GPU");
    }
    if (static_cast<int32_t>(tensor.scalar_type()) != format->dtype) {
      invalid("the dtype of 'out' is not that of the format");
    }
    if (!tensor.is_non_overlapping_and_dense()) {
      invalid("'out' has gaps");
    }
    cuda_table(tensor.get_device()).augment(*format, views, count, tensor);
  });
}

sct_status sct_augment_isa(int32_t* ret_isa) {
  return guard("augment_isa", {}, [&] {
    require(ret_isa, "ret_isa");
    *ret_isa = resolve_isa(SCT_ISA_AUTO);
  });
}
