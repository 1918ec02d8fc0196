// From the views that a caller describes to what the GPU is told about them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <tuple>
#include <vector>

#include "cpu/augment_workspace.h"
#include "cuda/augment.h"

namespace sct::augment::cuda {

// The stages, resize tables and weights of a batch of views, which are then packed into one block
// of memory. Views and format have been checked. Needs neither CUDA nor libtorch.
class Plan {
 public:
  // Forgets the views; the memory is kept.
  void start(const sct_augment_format& format);

  void add(const sct_augment_view& view);

  int64_t views() const { return static_cast<int64_t>(views_.size()); }

  // Stages of the view that has most.
  int32_t stages() const { return most_stages_; }

  // Bytes of working memory that each view needs, in whichever memory.
  int64_t view_memory() const { return memory_bytes(format_.size, sets_); }

  // Bytes that `pack` writes.
  int64_t packed_bytes() const;

  // Writes everything to `to`, and returns the batch for which the bytes will lie at `device`. Both
  // are aligned to 16 bytes.
  Batch pack(char* to, const char* device, void* out) const;

 private:
  // What a resize table depends on: inputs, outputs, first output.
  using TableKey = std::tuple<int32_t, int64_t, int64_t>;

  int32_t table(Direction direction, int32_t in, int64_t out, int64_t first);
  void add_op(const sct_augment_op& op, int32_t index);
  void add_statistics(std::initializer_list<StageKind> kinds, int32_t op);
  void add_blur(const sct_augment_op& op, int32_t index);
  void settle(int32_t next_op);
  void read_neighbours(Source source, int32_t op);
  void push(const Stage& stage);

  sct_augment_format format_{};
  Workspace workspace_;
  std::map<TableKey, int32_t> known_tables_;
  std::vector<View> views_;
  std::vector<Stage> stages_;
  std::vector<sct_augment_op> ops_;
  std::vector<Table> tables_;
  std::vector<int32_t> bounds_;
  std::vector<float> weights_;
  int32_t most_stages_ = 0;
  // Sets of planes that some view needs.
  int32_t sets_ = 0;
  // The stage on pixels that takes up the operations of the view that is being added.
  Stage pending_{};
};

}  // namespace sct::augment::cuda
