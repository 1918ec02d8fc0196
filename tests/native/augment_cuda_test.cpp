// The code of the GPU, run by the host as a GPU might run it, against the CPU kernel.
//
// Between stages a GPU waits for all threads, within a stage it may run them in any order. So here
// the threads of a stage run one after the other, first to last or last to first, and in either
// order, with any number of them, the results have to be the same to the bit.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "cuda/augment_plan.h"
#include "cuda/augment_stage.h"

namespace gpu = sct::augment::cuda;

namespace {

enum class Order { kForward, kBackward };

// Memory of exactly so many bytes, filled with bytes that are NaN as float and double.
class Memory {
 public:
  explicit Memory(int64_t bytes) {
    void* address = nullptr;
    if (posix_memalign(&address, 256, static_cast<size_t>(bytes)) != 0) {
      throw std::bad_alloc();
    }
    data_.reset(static_cast<char*>(address));
    std::memset(data_.get(), 0xFF, static_cast<size_t>(bytes));
  }

  char* get() const { return data_.get(); }

 private:
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> data_;
};

// What libsimclr_torch_cuda.so does, with the host in place of the GPU.
void run_as_gpu(const sct_augment_format& format, const std::vector<sct_augment_view>& views,
                int32_t threads, Order order, void* out) {
  static gpu::Plan plan;
  plan.start(format);
  for (const sct_augment_view& view : views) {
    plan.add(view);
  }
  const Memory packed(plan.packed_bytes());
  const gpu::Batch batch = plan.pack(packed.get(), packed.get(), out);
  for (int64_t v = 0; v < plan.views(); v++) {
    const gpu::View& view = batch.views[v];
    CHECK(view.stage_count <= plan.stages());
    const Memory memory(plan.view_memory());
    for (int32_t s = 0; s < view.stage_count; s++) {
      for (int32_t i = 0; i < threads; i++) {
        const int32_t rank = order == Order::kForward ? i : threads - 1 - i;
        run_stage(batch, view, batch.stages[view.first_stage + s],
                  gpu::memory_at(memory.get(), batch.size), rank, threads);
      }
    }
  }
}

// Random, and as large as it has to be, so that a sanitizer sees what is read beyond.
class Image {
 public:
  Image(int32_t height, int32_t width, std::mt19937& random)
      : height_(height), width_(width), pixels_(static_cast<size_t>(3) * height * width) {
    for (uint8_t& value : pixels_) {
      value = static_cast<uint8_t>(random());
    }
  }

  // A view of the whole image.
  sct_augment_view view(int32_t size) const { return crop(0, 0, height_, width_, size); }

  sct_augment_view crop(int32_t top, int32_t left, int32_t height, int32_t width,
                        int32_t size) const {
    sct_augment_view view = {};
    view.image = pixels_.data();
    view.image_height = height_;
    view.image_width = width_;
    view.top = top;
    view.left = left;
    view.height = height;
    view.width = width;
    view.full_height = size;
    view.full_width = size;
    return view;
  }

 private:
  int32_t height_;
  int32_t width_;
  std::vector<uint8_t> pixels_;
};

sct_augment_format format_of(int32_t size, int32_t interpolation = SCT_RESIZE_BILINEAR) {
  sct_augment_format format = {};
  format.size = size;
  format.dtype = SCT_FLOAT32;
  format.channels_last = 1;
  format.interpolation = interpolation;
  format.isa = SCT_ISA_SCALAR;
  return format;
}

double value_at(const std::vector<char>& bytes, int32_t dtype, size_t index) {
  uint32_t bits = 0;
  if (dtype == SCT_BFLOAT16) {
    uint16_t half;
    std::memcpy(&half, bytes.data() + index * sizeof half, sizeof half);
    bits = static_cast<uint32_t>(half) << 16;
  } else {
    std::memcpy(&bits, bytes.data() + index * sizeof bits, sizeof bits);
  }
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Compares views with those of the CPU, all rows of the output included.
void compare(const std::string& what, const sct_augment_format& format,
             const std::vector<sct_augment_view>& views, int64_t rows, double tolerance) {
  const size_t value_bytes = format.dtype == SCT_BFLOAT16 ? 2 : 4;
  const size_t values = static_cast<size_t>(rows) * 3 * format.size * format.size;
  std::vector<char> expected(values * value_bytes, 0x3C);
  std::vector<char> got(values * value_bytes, 0x3C);
  OK(sct_augment(&format, views.data(), static_cast<int64_t>(views.size()), expected.data(), rows));
  run_as_gpu(format, views, 5, Order::kForward, got.data());
  // The first wrong value; NaN, which memory that was not written holds, is one.
  size_t at = 0;
  while (at < values && std::fabs(value_at(got, format.dtype, at) -
                                  value_at(expected, format.dtype, at)) <= tolerance) {
    at++;
  }
  if (at < values) {
    FAIL_AT("%s, size %d: value %zu is %.9g instead of %.9g", what.c_str(), format.size, at,
            value_at(got, format.dtype, at), value_at(expected, format.dtype, at));
  }
  for (const int32_t threads : {1, 32, 1024}) {
    for (const Order order : {Order::kForward, Order::kBackward}) {
      std::vector<char> again(values * value_bytes, 0x3C);
      run_as_gpu(format, views, threads, order, again.data());
      if (again != got) {
        FAIL_AT("%s, size %d: other bits with %d threads, %s", what.c_str(), format.size, threads,
                order == Order::kForward ? "forward" : "backward");
      }
    }
  }
}

constexpr double kOneOp = 2e-6;
constexpr double kChain = 1e-5;
// A step of bfloat16 below 1, and below 4, which normalised values do not reach: the nearest of two
// may be another after a rounding error.
constexpr double kBfloat16 = 0x1p-8;
constexpr double kNormalizedBfloat16 = 0x1p-6;

struct NamedOp {
  const char* name;
  sct_augment_op op;
};

std::vector<NamedOp> all_ops(int32_t size) {
  const int32_t third = size / 3;
  return {{"brightness", {SCT_AUGMENT_BRIGHTNESS, 1.3F, {}}},
          {"contrast", {SCT_AUGMENT_CONTRAST, 0.4F, {}}},
          {"strong contrast", {SCT_AUGMENT_CONTRAST, 1.7F, {}}},
          {"contrast of channels", {SCT_AUGMENT_CONTRAST_CHANNELS, 1.6F, {}}},
          {"saturation", {SCT_AUGMENT_SATURATION, 1.8F, {}}},
          {"hue", {SCT_AUGMENT_HUE, 0.2F, {}}},
          {"hue down", {SCT_AUGMENT_HUE, -0.45F, {}}},
          {"gray", {SCT_AUGMENT_GRAY, 0, {}}},
          {"narrow blur", {SCT_AUGMENT_BLUR, 0.1F, {}}},
          {"blur", {SCT_AUGMENT_BLUR, 1.9F, {}}},
          {"blur with zeros", {SCT_AUGMENT_BLUR_ZERO, 1.1F, {}}},
          {"solarize", {SCT_AUGMENT_SOLARIZE, 0.501F, {}}},
          {"equalize", {SCT_AUGMENT_EQUALIZE, 0, {}}},
          {"cutout", {SCT_AUGMENT_CUTOUT, 0, {third, size / 4, size - third, third}}},
          {"rotation by 0", {SCT_AUGMENT_ROTATION, 0, {0}}},
          {"rotation by 1", {SCT_AUGMENT_ROTATION, 0, {1}}},
          {"rotation by 2", {SCT_AUGMENT_ROTATION, 0, {2}}},
          {"rotation by 3", {SCT_AUGMENT_ROTATION, 0, {3}}},
          {"crop", {SCT_AUGMENT_CROP, 0, {third, size / 4, size - third, size - size / 4}}},
          {"crop of a pixel", {SCT_AUGMENT_CROP, 0, {size - 1, third, 1, 1}}},
          {"crop of everything", {SCT_AUGMENT_CROP, 0, {0, 0, size, size}}},
          {"sobel", {SCT_AUGMENT_SOBEL, 0, {}}},
          {"noise", {SCT_AUGMENT_NOISE, 0.1F, {-5, 77}}},
          {"strong noise", {SCT_AUGMENT_NOISE, 20, {1 << 30, -1}}},
          {"saturation of HSV", {SCT_AUGMENT_SATURATION_HSV, 1.7F, {}}},
          {"clamp", {SCT_AUGMENT_CLAMP, 0, {}}}};
}

// The pixels of the image are those of the view: equalize and solarize have thresholds, which a
// rounding error of a resize could cross.
void each_op_alone() {
  std::mt19937 random(1);
  for (const int32_t size : {1, 2, 3, 7, 19, 20, 33, 64, 200}) {
    const Image image(size, size, random);
    for (const auto& [name, op] : all_ops(size)) {
      sct_augment_view view = image.view(size);
      view.op_count = 1;
      view.ops[0] = op;
      compare(name, format_of(size), {view}, 1, kOneOp);
    }
  }
}

// The histogram of an image of one level has no other, and then nothing changes.
void equalize_of_one_level() {
  const std::vector<uint8_t> pixels(3 * 16 * 16, 100);
  sct_augment_view view = {};
  view.image = pixels.data();
  view.image_height = view.image_width = view.height = view.width = 16;
  view.full_height = view.full_width = 16;
  view.op_count = 1;
  view.ops[0].kind = SCT_AUGMENT_EQUALIZE;
  compare("equalize of one level", format_of(16), {view}, 1, kOneOp);
}

void crops_and_windows() {
  std::mt19937 random(2);
  const Image small(9, 14, random);
  const Image large(150, 211, random);
  const Image dot(1, 1, random);
  for (const int32_t interpolation :
       {SCT_RESIZE_BILINEAR, SCT_RESIZE_BICUBIC, SCT_RESIZE_BICUBIC_TENSORFLOW}) {
    for (const int32_t size : {1, 5, 32, 50}) {
      std::vector<sct_augment_view> views = {small.view(size),
                                             large.view(size),
                                             dot.view(size),
                                             small.crop(3, 5, 6, 9, size),
                                             large.crop(149, 0, 1, 211, size),
                                             large.crop(20, 30, 100, 90, size)};
      sct_augment_view window = large.view(size);
      window.full_height = 75;
      window.full_width = 105;
      window.window_top = 25;
      window.window_left = 105 - size;
      views.push_back(window);
      for (size_t i = 0, count = views.size(); i < count; i++) {
        sct_augment_view flipped = views[i];
        flipped.flip = 1;
        views.push_back(flipped);
      }
      for (size_t i = 0; i < views.size(); i++) {
        views[i].row = static_cast<int64_t>(i);
      }
      compare("interpolation " + std::to_string(interpolation), format_of(size, interpolation),
              views, static_cast<int64_t>(views.size()), kOneOp);
    }
  }
}

// After a blur, so that the values are no longer those of bytes, and two in a row.
void crops_of_views() {
  std::mt19937 random(6);
  const Image image(30, 30, random);
  for (const int32_t interpolation :
       {SCT_RESIZE_BILINEAR, SCT_RESIZE_BICUBIC, SCT_RESIZE_BICUBIC_TENSORFLOW}) {
    for (const int32_t size : {2, 5, 32, 50}) {
      sct_augment_view view = image.view(size);
      view.flip = 1;
      view.op_count = 3;
      view.ops[0] = {SCT_AUGMENT_BLUR, 1.1F, {}};
      view.ops[1] = {SCT_AUGMENT_CROP, 0, {1, size / 3, size - 1, size / 2}};
      view.ops[2] = {SCT_AUGMENT_CROP, 0, {0, size / 2, size / 2, 1}};
      compare("crops of a view, interpolation " + std::to_string(interpolation),
              format_of(size, interpolation), {view}, 1, kOneOp);
    }
  }
}

sct_augment_op random_op(int32_t size, std::mt19937& random) {
  std::uniform_real_distribution<float> unit(0, 1);
  const std::vector<NamedOp> ops = all_ops(size);
  for (;;) {
    sct_augment_op op = ops[random() % ops.size()].op;
    // Those with thresholds are not continuous.
    if (op.kind != SCT_AUGMENT_SOLARIZE && op.kind != SCT_AUGMENT_EQUALIZE) {
      if (op.kind == SCT_AUGMENT_NOISE) {
        op.value = 0.1F * unit(random);
      } else if (op.kind == SCT_AUGMENT_HUE) {
        op.value = unit(random) - 0.5F;
      } else if (op.kind != SCT_AUGMENT_BLUR && op.kind != SCT_AUGMENT_BLUR_ZERO) {
        op.value = 0.8F + 0.4F * unit(random);
      }
      return op;
    }
  }
}

// Boxes that leave the view; nothing is written then.
void boxes_beyond_the_view() {
  std::mt19937 random(7);
  const int32_t size = 8;
  const Image image(size, size, random);
  struct Refusal {
    int32_t box[4];
    const char* message;
  };
  const std::vector<Refusal> refusals = {
      {{-1, 0, 2, 2}, "top of the crop of the view is -1; allowed: 0 to 7"},
      {{8, 0, 1, 1}, "top of the crop of the view is 8; allowed: 0 to 7"},
      {{0, -1, 2, 2}, "left of the crop of the view is -1; allowed: 0 to 7"},
      {{0, 8, 1, 1}, "left of the crop of the view is 8; allowed: 0 to 7"},
      {{3, 0, 0, 2}, "height of the crop of the view is 0; allowed: 1 to 5"},
      {{3, 0, 6, 2}, "height of the crop of the view is 6; allowed: 1 to 5"},
      {{0, 2, 1, 0}, "width of the crop of the view is 0; allowed: 1 to 6"},
      {{0, 2, 1, 7}, "width of the crop of the view is 7; allowed: 1 to 6"}};
  const sct_augment_format format = format_of(size);
  for (const Refusal& refusal : refusals) {
    sct_augment_view view = image.view(size);
    view.op_count = 1;
    view.ops[0].kind = SCT_AUGMENT_CROP;
    std::copy(std::begin(refusal.box), std::end(refusal.box), view.ops[0].integers);
    std::vector<float> out(3 * size * size, 7);
    FAILS(SCT_INVALID_ARGUMENT, sct_augment(&format, &view, 1, out.data(), 1));
    if (std::string(sct_last_error()).find(refusal.message) == std::string::npos) {
      FAIL_AT("'%s' instead of '%s'", sct_last_error(), refusal.message);
    }
    CHECK(out == std::vector<float>(out.size(), 7));
  }
}

// As many operations as a view can have, in any order and repeated.
void chains() {
  std::mt19937 random(3);
  const Image image(45, 61, random);
  for (const int32_t size : {8, 24, 41}) {
    for (int round = 0; round < 60; round++) {
      sct_augment_view view = image.crop(4, 3, 38, 55, size);
      view.flip = static_cast<int32_t>(random() % 2);
      view.op_count = static_cast<int32_t>(random() % (SCT_AUGMENT_MAX_OPS + 1));
      std::string what = "chain";
      for (int32_t i = 0; i < view.op_count; i++) {
        view.ops[i] = random_op(size, random);
        what.append(" ").append(std::to_string(view.ops[i].kind));
      }
      compare(what, format_of(size), {view}, 1, kChain);
    }
  }
}

// Several views with different stages in one batch, which leaves gaps in the output.
void formats() {
  std::mt19937 random(4);
  const Image image(40, 40, random);
  for (const int32_t dtype : {SCT_FLOAT32, SCT_BFLOAT16}) {
    for (const int32_t channels_last : {0, 1}) {
      for (const int32_t normalize : {0, 1}) {
        sct_augment_format format = format_of(21);
        format.dtype = dtype;
        format.channels_last = channels_last;
        format.normalize = normalize;
        for (int c = 0; c < 3; c++) {
          format.mean[c] = 0.4F + 0.05F * static_cast<float>(c);
          format.std[c] = 0.3F - 0.02F * static_cast<float>(c);
        }
        std::vector<sct_augment_view> views;
        for (const int64_t row : {6, 0, 3}) {
          sct_augment_view view = image.crop(static_cast<int32_t>(row), 2, 30, 35, 21);
          view.row = row;
          view.op_count = static_cast<int32_t>(row);
          for (int32_t i = 0; i < view.op_count; i++) {
            view.ops[i] = random_op(21, random);
          }
          views.push_back(view);
        }
        const std::string what = std::string(dtype == SCT_FLOAT32 ? "float32" : "bfloat16") +
                                 (channels_last ? " NHWC" : " NCHW") +
                                 (normalize ? " normalised" : "");
        const double bfloat16 = normalize ? kNormalizedBfloat16 : kBfloat16;
        compare(what, format, views, 8, dtype == SCT_FLOAT32 ? kChain : bfloat16);
      }
    }
  }
}

// Values exactly between two of bfloat16, which become the even one: below, above, below zero.
void ties_of_bfloat16() {
  const std::vector<uint8_t> black(3);
  sct_augment_view view = {};
  view.image = black.data();
  view.image_height = view.image_width = view.height = view.width = 1;
  view.full_height = view.full_width = 1;
  sct_augment_format format = format_of(1);
  format.dtype = SCT_BFLOAT16;
  format.normalize = 1;
  const float ties[3] = {1 + 0x1p-8F, 1 + 0x3p-8F, -3 - 0x1p-7F};
  const double even[3] = {1, 1 + 0x1p-6, -3};
  for (int c = 0; c < 3; c++) {
    format.mean[c] = -ties[c];
    format.std[c] = 1;
  }
  compare("ties of bfloat16", format, {view}, 1, 0);
  std::vector<char> out(6);
  run_as_gpu(format, {view}, 1, Order::kForward, out.data());
  for (size_t c = 0; c < 3; c++) {
    CLOSE(value_at(out, SCT_BFLOAT16, c), even[c], 0, 0);
  }
}

// Tables are shared by the views of a batch, and what a view needs is known before it is computed.
void plans() {
  std::mt19937 random(5);
  const Image image(64, 64, random);
  const int32_t size = 32;
  gpu::Plan plan;
  const auto bytes_for = [&](int32_t count) {
    plan.start(format_of(size));
    for (int32_t i = 0; i < count; i++) {
      plan.add(image.view(size));
    }
    return plan.packed_bytes();
  };
  const int64_t for_one = bytes_for(1);
  CHECK(bytes_for(101) - for_one <=
        100L * static_cast<int64_t>(sizeof(gpu::View) + sizeof(gpu::Stage)));
  CHECK_INT(plan.stages(), 1);
  CHECK_INT(plan.view_memory(), gpu::memory_bytes(size, 0));

  sct_augment_view view = image.view(size);
  view.op_count = 2;
  view.ops[0] = {SCT_AUGMENT_BRIGHTNESS, 1.1F, {}};
  view.ops[1] = {SCT_AUGMENT_CONTRAST, 1.1F, {}};
  plan.add(view);
  CHECK_INT(plan.stages(), 4);  // pixels, sums, means, pixels
  CHECK_INT(plan.view_memory(), gpu::memory_bytes(size, 1));
  view.ops[1] = {SCT_AUGMENT_BLUR, 1.1F, {}};
  plan.add(view);
  CHECK_INT(plan.stages(), 4);  // pixels, blur down, blur across: one less than before
  CHECK_INT(plan.view_memory(), gpu::memory_bytes(size, 2));

  // A crop of the view takes its pixels from one set of planes, and shares its tables.
  const auto bytes_with_crop = [&](int32_t count) {
    plan.start(format_of(size));
    for (int32_t i = 0; i < count; i++) {
      sct_augment_view cropped = image.view(size);
      cropped.op_count = 1;
      cropped.ops[0] = {SCT_AUGMENT_CROP, 0, {i % 8, 3, 20, 20}};
      plan.add(cropped);
    }
    return plan.packed_bytes();
  };
  const int64_t for_one_crop = bytes_with_crop(1);
  CHECK_INT(plan.stages(), 2);  // pixels, crop
  CHECK_INT(plan.view_memory(), gpu::memory_bytes(size, 1));
  CHECK(bytes_with_crop(101) - for_one_crop <=
        100L * static_cast<int64_t>(sizeof(gpu::View) + 2 * sizeof(gpu::Stage) +
                                    sizeof(sct_augment_op)) +
            16);
}

}  // namespace

int main() {
  each_op_alone();
  equalize_of_one_level();
  crops_and_windows();
  crops_of_views();
  boxes_beyond_the_view();
  chains();
  formats();
  ties_of_bfloat16();
  plans();
  return CHECK_RESULT;
}
