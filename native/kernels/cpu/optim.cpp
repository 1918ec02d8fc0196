#include "cpu/optim.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace sct::optim {
namespace {

// What one thread takes at a time. Sums are kept for each block, and added in their order.
constexpr int64_t kBlock = 16384;

// Numbers whose weights and gradients stay in the caches between the pass that takes their norms
// and the one that moves them.
constexpr int64_t kCached = 1 << 18;

struct Block {
  size_t entry;
  int64_t begin;
  int64_t end;
};

std::vector<Block> blocks_of(const std::vector<Entry>& entries, size_t first, size_t last) {
  std::vector<Block> blocks;
  for (size_t e = first; e < last; e++) {
    for (int64_t i = 0; i < entries[e].count; i += kBlock) {
      blocks.push_back({e, i, std::min(i + kBlock, entries[e].count)});
    }
  }
  return blocks;
}

// Calls body(index, block) for all blocks, on all threads.
template <class Body>
void for_blocks(const std::vector<Block>& blocks, const Body& body) {
  const auto count = static_cast<int64_t>(blocks.size());
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      body(static_cast<size_t>(b), blocks[static_cast<size_t>(b)]);
    }
  });
}

struct Squares {
  double weight = 0;
  double grad = 0;
};

// Sums of squares of the weights, and of the gradients with the decay in them.
Squares squares_of(const Entry& entry, const Block& block, double weight_decay) {
  constexpr int kLanes = 8;
  double weights[kLanes] = {};
  double grads[kLanes] = {};
  const auto add = [&](int lane, int64_t i) {
    const double w = entry.weight[i];
    const double g = entry.grad[i] + weight_decay * w;
    weights[lane] += w * w;
    grads[lane] += g * g;
  };
  int64_t i = block.begin;
  for (; i + kLanes <= block.end; i += kLanes) {
    for (int lane = 0; lane < kLanes; lane++) {
      add(lane, i + lane);
    }
  }
  for (; i < block.end; i++) {
    add(0, i);
  }
  Squares total;
  for (int lane = 0; lane < kLanes; lane++) {
    total.weight += weights[lane];
    total.grad += grads[lane];
  }
  return total;
}

// v <- momentum v + rate (g + weight_decay w);  w <- w - v, or w - (momentum v + rate (...)).
template <bool kNesterov>
void move_by_velocity(const Entry& entry, const Block& block, float rate, float momentum,
                      float weight_decay) {
  float* __restrict weight = entry.weight;
  float* __restrict velocity = entry.momentum;
  const float* __restrict grad = entry.grad;
  for (int64_t i = block.begin; i < block.end; i++) {
    const float g = rate * (grad[i] + weight_decay * weight[i]);
    const float v = momentum * velocity[i] + g;
    velocity[i] = v;
    weight[i] -= kNesterov ? momentum * v + g : v;
  }
}

// b <- momentum b + g + weight_decay w;  w <- w - lr b, or w - lr (g + weight_decay w + momentum
// b).
template <bool kNesterov>
void move_by_buffer(const Entry& entry, const Block& block, float lr, float momentum,
                    float weight_decay) {
  float* __restrict weight = entry.weight;
  float* __restrict buffer = entry.momentum;
  const float* __restrict grad = entry.grad;
  for (int64_t i = block.begin; i < block.end; i++) {
    const float g = grad[i] + weight_decay * weight[i];
    const float b = momentum * buffer[i] + g;
    buffer[i] = b;
    weight[i] -= lr * (kNesterov ? g + momentum * b : b);
  }
}

void move_by_gradient(const Entry& entry, const Block& block, float lr, float weight_decay) {
  float* __restrict weight = entry.weight;
  const float* __restrict grad = entry.grad;
  for (int64_t i = block.begin; i < block.end; i++) {
    weight[i] -= lr * (grad[i] + weight_decay * weight[i]);
  }
}

// lr eeta |w| / |g| of the entries from `first` on, and lr where a norm is 0.
std::vector<float> rates_of(const std::vector<Entry>& entries, size_t first, size_t last,
                            const std::vector<Block>& blocks, const Lars& options) {
  std::vector<Squares> squares(blocks.size());
  for_blocks(blocks, [&](size_t b, const Block& block) {
    squares[b] = squares_of(entries[block.entry], block, options.weight_decay);
  });
  std::vector<Squares> totals(last - first);
  for (size_t b = 0; b < blocks.size(); b++) {
    totals[blocks[b].entry - first].weight += squares[b].weight;
    totals[blocks[b].entry - first].grad += squares[b].grad;
  }
  std::vector<float> rates;
  for (const Squares& total : totals) {
    const bool scales = total.weight > 0 && total.grad > 0;
    const double ratio =
        scales ? options.eeta * std::sqrt(total.weight) / std::sqrt(total.grad) : 1;
    rates.push_back(static_cast<float>(options.lr * ratio));
  }
  return rates;
}

}  // namespace

void sgd(const std::vector<Entry>& entries, const Sgd& options) {
  const auto lr = static_cast<float>(options.lr);
  const auto momentum = static_cast<float>(options.momentum);
  const auto weight_decay = static_cast<float>(options.weight_decay);
  for_blocks(blocks_of(entries, 0, entries.size()), [&](size_t, const Block& block) {
    const Entry& entry = entries[block.entry];
    if (entry.momentum == nullptr) {
      move_by_gradient(entry, block, lr, weight_decay);
    } else if (options.nesterov) {
      move_by_buffer<true>(entry, block, lr, momentum, weight_decay);
    } else {
      move_by_buffer<false>(entry, block, lr, momentum, weight_decay);
    }
  });
}

void lars(const std::vector<Entry>& entries, const Lars& options) {
  const auto momentum = static_cast<float>(options.momentum);
  const auto weight_decay = static_cast<float>(options.weight_decay);
  for (size_t first = 0, last = 0; first < entries.size(); first = last) {
    int64_t count = 0;
    while (last < entries.size() &&
           (last == first || !options.adapt || count + entries[last].count <= kCached)) {
      count += entries[last++].count;
    }
    const std::vector<Block> blocks = blocks_of(entries, first, last);
    const std::vector<float> rates =
        options.adapt ? rates_of(entries, first, last, blocks, options)
                      : std::vector<float>(last - first, static_cast<float>(options.lr));
    for_blocks(blocks, [&](size_t, const Block& block) {
      const float rate = rates[block.entry - first];
      if (options.nesterov) {
        move_by_velocity<true>(entries[block.entry], block, rate, momentum, weight_decay);
      } else {
        move_by_velocity<false>(entries[block.entry], block, rate, momentum, weight_decay);
      }
    });
  }
}

}  // namespace sct::optim
