#include "cuda/augment_plan.h"

#include <algorithm>
#include <cstring>

#include "cpu/augment_blur.h"
#include "cpu/augment_resize.h"

namespace sct::augment::cuda {
namespace {

// Lays arrays out one after the other, for packing or only to learn how long that gets.
class Packer {
 public:
  Packer(char* to, const char* device) : to_(to), device_(device) {}

  // Returns where the values will be on the device.
  template <class T>
  const T* put(const std::vector<T>& values) {
    constexpr int64_t kAlignment = 16;
    const int64_t at = bytes_;
    const size_t length = values.size() * sizeof(T);
    bytes_ += (static_cast<int64_t>(length) + kAlignment - 1) / kAlignment * kAlignment;
    if (to_ == nullptr) {
      return nullptr;
    }
    if (length > 0) {
      std::memcpy(to_ + at, values.data(), length);
    }
    return reinterpret_cast<const T*>(device_ + at);
  }

  int64_t bytes() const { return bytes_; }

 private:
  char* to_;
  const char* device_;
  int64_t bytes_ = 0;
};

}  // namespace

void Plan::start(const sct_augment_format& format) {
  format_ = format;
  known_tables_.clear();
  views_.clear();
  stages_.clear();
  ops_.clear();
  tables_.clear();
  bounds_.clear();
  weights_.clear();
  most_stages_ = 0;
  sets_ = 0;
}

void Plan::add(const sct_augment_view& view) {
  View planned{};
  planned.row_bytes = 3L * view.image_width;
  planned.pixels = view.image + view.top * planned.row_bytes + 3L * view.left;
  planned.row = view.row;
  planned.flip = view.flip;
  planned.row_table = table(Direction::kRows, view.height, view.full_height, view.window_top);
  planned.column_table = table(Direction::kColumns, view.width, view.full_width, view.window_left);
  planned.first_op = static_cast<int32_t>(ops_.size());
  planned.first_stage = static_cast<int32_t>(stages_.size());
  ops_.insert(ops_.end(), view.ops, view.ops + view.op_count);

  pending_ = {};
  pending_.kind = StageKind::kPixels;
  pending_.source = Source::kImage;
  for (int32_t i = 0; i < view.op_count; i++) {
    add_op(view.ops[i], i);
  }
  pending_.to = kOutput;
  push(pending_);

  planned.stage_count = static_cast<int32_t>(stages_.size()) - planned.first_stage;
  most_stages_ = std::max(most_stages_, planned.stage_count);
  views_.push_back(planned);
}

int32_t Plan::table(Direction direction, int32_t in, int64_t out, int64_t first) {
  const int32_t outputs = format_.size;
  const auto next = static_cast<int32_t>(tables_.size());
  const auto [entry, is_new] = known_tables_.try_emplace({in, out, first}, next);
  if (!is_new) {
    return entry->second;
  }
  const ResizeTable computed =
      resize_table({format_.interpolation, in, out, first, outputs}, direction, workspace_);
  tables_.push_back(
      {static_cast<int64_t>(bounds_.size()), static_cast<int64_t>(weights_.size()), computed.taps});
  bounds_.insert(bounds_.end(), computed.start, computed.start + outputs);
  bounds_.insert(bounds_.end(), computed.count, computed.count + outputs);
  for (int32_t i = 0; i < outputs; i++) {
    const float* weights = computed.weights + static_cast<int64_t>(i) * computed.stride;
    weights_.insert(weights_.end(), weights, weights + computed.count[i]);
    weights_.resize(weights_.size() + static_cast<size_t>(computed.taps - computed.count[i]));
  }
  return next;
}

void Plan::add_op(const sct_augment_op& op, int32_t index) {
  switch (op.kind) {
    case SCT_AUGMENT_CONTRAST:
    case SCT_AUGMENT_CONTRAST_CHANNELS:
      settle(index);
      add_statistics({StageKind::kSums, StageKind::kMeans}, index);
      break;
    case SCT_AUGMENT_EQUALIZE:
      settle(index);
      add_statistics({StageKind::kClearLevels, StageKind::kCountLevels, StageKind::kMapLevels},
                     index);
      break;
    case SCT_AUGMENT_BLUR:
    case SCT_AUGMENT_BLUR_ZERO:
      if (blur_radius(format_.size) > 0) {
        return add_blur(op, index);
      }
      break;  // changes nothing, which an operation on single pixels does as well
    case SCT_AUGMENT_ROTATION:
      settle(index);
      return read_neighbours(Source::kRotated, index);
    case SCT_AUGMENT_CROP:
      settle(index);
      read_neighbours(Source::kCropped, index);
      pending_.row_table = table(Direction::kRows, op.integers[2], format_.size, 0);
      pending_.column_table = table(Direction::kColumns, op.integers[3], format_.size, 0);
      return;
    case SCT_AUGMENT_SOBEL:
      settle(index);
      return read_neighbours(Source::kSobel, index);
    default:
      break;
  }
  pending_.end_op = index + 1;
}

void Plan::add_statistics(std::initializer_list<StageKind> kinds, int32_t op) {
  for (const StageKind kind : kinds) {
    Stage stage{};
    stage.kind = kind;
    stage.op = op;
    stage.from = pending_.from;
    push(stage);
  }
}

void Plan::add_blur(const sct_augment_op& op, int32_t index) {
  const int32_t largest = blur_radius(format_.size);
  const size_t weights = weights_.size();
  weights_.resize(weights + static_cast<size_t>(largest) + 1);
  const int32_t radius = blur_weights(op.value, largest, weights_.data() + weights);
  weights_.resize(weights + static_cast<size_t>(radius) + 1);
  for (const Source direction : {Source::kBlurDown, Source::kBlurAcross}) {
    settle(index);
    read_neighbours(direction, index);
    pending_.radius = radius;
    pending_.weights = static_cast<int64_t>(weights);
  }
}

// Ends the pending stage, so that the view lies in a set of planes, and starts another that reads
// it and takes up operations from `next_op` on.
void Plan::settle(int32_t next_op) {
  if (pending_.source == Source::kImage) {
    pending_.to = 0;
  } else if (pending_.source == Source::kPlanes) {
    pending_.to = pending_.from;
  } else {
    pending_.to = 1 - pending_.from;
  }
  push(pending_);
  sets_ = std::max(sets_, pending_.to + 1);
  const int32_t set = pending_.to;
  pending_ = {};
  pending_.kind = StageKind::kPixels;
  pending_.source = Source::kPlanes;
  pending_.from = set;
  pending_.first_op = next_op;
  pending_.end_op = next_op;
}

// Makes the stage that `settle` has started read more than its own pixel, for an operation that is
// done thereby.
void Plan::read_neighbours(Source source, int32_t op) {
  pending_.source = source;
  pending_.op = op;
  pending_.first_op = op + 1;
  pending_.end_op = op + 1;
}

void Plan::push(const Stage& stage) { stages_.push_back(stage); }

int64_t Plan::packed_bytes() const {
  Packer packer(nullptr, nullptr);
  packer.put(views_);
  packer.put(stages_);
  packer.put(ops_);
  packer.put(tables_);
  packer.put(bounds_);
  packer.put(weights_);
  return packer.bytes();
}

Batch Plan::pack(char* to, const char* device, void* out) const {
  Packer packer(to, device);
  Batch batch{};
  batch.views = packer.put(views_);
  batch.stages = packer.put(stages_);
  batch.ops = packer.put(ops_);
  batch.tables = packer.put(tables_);
  batch.bounds = packer.put(bounds_);
  batch.weights = packer.put(weights_);
  batch.out = out;
  batch.size = format_.size;
  batch.bfloat16 = format_.dtype == SCT_BFLOAT16;
  batch.channels_last = format_.channels_last != 0;
  for (int c = 0; c < 3; c++) {
    batch.mean[c] = format_.normalize ? format_.mean[c] : 0;
    batch.scale[c] = format_.normalize ? 1 / format_.std[c] : 1;
  }
  return batch;
}

}  // namespace sct::augment::cuda
