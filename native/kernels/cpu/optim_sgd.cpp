#include <ATen/Parallel.h>

#include "cpu/optim.h"
#include "cpu/optim_block.h"

namespace sct::optim {
namespace {

// b <- momentum b + g + weight_decay w;  w <- w - lr b, or w - lr (g + weight_decay w + momentum
// b).
template <bool kNesterov>
void move_by_buffer(const Entry& entry, const Block& block, float lr, float momentum) {
  float* __restrict weight = entry.weight;
  float* __restrict buffer = entry.momentum;
  const float* __restrict grad = entry.grad;
  const auto weight_decay = static_cast<float>(entry.weight_decay);
  for (int64_t i = block.begin; i < block.end; i++) {
    const float g = grad[i] + weight_decay * weight[i];
    const float b = momentum * buffer[i] + g;
    buffer[i] = b;
    weight[i] -= lr * (kNesterov ? g + momentum * b : b);
  }
}

void move_by_gradient(const Entry& entry, const Block& block, float lr) {
  float* __restrict weight = entry.weight;
  const float* __restrict grad = entry.grad;
  const auto weight_decay = static_cast<float>(entry.weight_decay);
  for (int64_t i = block.begin; i < block.end; i++) {
    weight[i] -= lr * (grad[i] + weight_decay * weight[i]);
  }
}

}  // namespace

void sgd(const std::vector<Entry>& entries, const Sgd& options) {
  const auto lr = static_cast<float>(options.lr);
  const auto momentum = static_cast<float>(options.momentum);
  std::vector<Block> blocks;
  for (size_t e = 0; e < entries.size(); e++) {
    each_block(entries, e, [&](const Block& block) { blocks.push_back(block); });
  }
  at::parallel_for(0, static_cast<int64_t>(blocks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      const Block& block = blocks[static_cast<size_t>(b)];
      const Entry& entry = entries[block.entry];
      if (entry.momentum == nullptr) {
        move_by_gradient(entry, block, lr);
      } else if (options.nesterov) {
        move_by_buffer<true>(entry, block, lr, momentum);
      } else {
        move_by_buffer<false>(entry, block, lr, momentum);
      }
    }
  });
}

}  // namespace sct::optim
