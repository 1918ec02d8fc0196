#include <ATen/Parallel.h>

#include <atomic>
#include <cmath>
#include <deque>
#include <thread>

#include "cpu/optim.h"
#include "cpu/optim_block.h"

namespace sct::optim {
namespace {

// Numbers whose weights and gradients stay in the caches between the task that takes their norms
// and the one that moves them.
constexpr int64_t kCached = 1 << 18;

struct Squares {
  double weight = 0;
  double grad = 0;
};

// Sums of squares of the weights, and of the gradients with the decay in them.
Squares squares_of(const Entry& entry, const Block& block) {
  constexpr int kLanes = 8;
  double weights[kLanes] = {};
  double grads[kLanes] = {};
  const auto add = [&](int lane, int64_t i) {
    const double w = entry.weight[i];
    const double g = entry.grad[i] + entry.weight_decay * w;
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
void move_by_velocity(const Entry& entry, const Block& block, float rate, float momentum) {
  float* __restrict weight = entry.weight;
  float* __restrict velocity = entry.momentum;
  const float* __restrict grad = entry.grad;
  const auto weight_decay = static_cast<float>(entry.weight_decay);
  for (int64_t i = block.begin; i < block.end; i++) {
    const float g = rate * (grad[i] + weight_decay * weight[i]);
    const float v = momentum * velocity[i] + g;
    velocity[i] = v;
    weight[i] -= kNesterov ? momentum * v + g : v;
  }
}

// All of a step in tasks, in the order in which threads take them, one at a time. The numbers of a
// stage are measured by some and then moved by others, while they are in the caches. Who is to move
// waits for those who still measure, which got their tasks before: somebody always gets on, however
// few threads there are.
class LarsStep {
 public:
  LarsStep(const std::vector<Entry>& entries, const Lars& options)
      : entries_(entries),
        options_(options),
        rates_(entries.size(), static_cast<float>(options.lr)) {
    for (size_t first = 0, last = 0; first < entries.size(); first = last) {
      last = end_of_stage(first);
      add_stage(first, last);
    }
    squares_.resize(tasks_.size());
  }

  void run() {
    const auto tasks = static_cast<int64_t>(tasks_.size());
    const int64_t threads = std::min<int64_t>(at::get_num_threads(), tasks);
    at::parallel_for(0, threads, 1, [this](int64_t, int64_t) { take_tasks(); });
  }

 private:
  struct Stage {
    size_t first_entry;
    size_t last_entry;
    // Its measuring tasks lie between these.
    size_t first_task;
    size_t last_task;
    // Measuring tasks that are not done.
    std::atomic<size_t> left;
    // Whether the rates are there.
    std::atomic<bool> rated;
  };

  struct Task {
    Stage* stage;
    Block block;
    bool measures;
  };

  size_t end_of_stage(size_t first) const {
    int64_t count = 0;
    size_t last = first;
    for (; last < entries_.size(); last++) {
      const int64_t more = entries_[last].adapt ? entries_[last].count : 0;
      if (count > 0 && count + more > kCached) {
        break;
      }
      count += more;
    }
    return last;
  }

  void add_stage(size_t first, size_t last) {
    Stage& stage = stages_.emplace_back();
    stage.first_entry = first;
    stage.last_entry = last;
    stage.first_task = tasks_.size();
    for (size_t e = first; e < last; e++) {
      if (entries_[e].adapt) {
        each_block(entries_, e, [&](const Block& b) { tasks_.push_back({&stage, b, true}); });
      }
    }
    stage.last_task = tasks_.size();
    stage.left = stage.last_task - stage.first_task;
    for (size_t e = first; e < last; e++) {
      each_block(entries_, e, [&](const Block& b) { tasks_.push_back({&stage, b, false}); });
    }
  }

  void take_tasks() noexcept {
    for (size_t t = next_++; t < tasks_.size(); t = next_++) {
      const Task& task = tasks_[t];
      const Entry& entry = entries_[task.block.entry];
      if (task.measures) {
        squares_[t] = squares_of(entry, task.block);
        if (--task.stage->left == 0) {
          set_rates(*task.stage);
        }
        continue;
      }
      while (entry.adapt && !task.stage->rated) {
        std::this_thread::yield();
      }
      const float rate = rates_[task.block.entry];
      const auto momentum = static_cast<float>(options_.momentum);
      if (options_.nesterov) {
        move_by_velocity<true>(entry, task.block, rate, momentum);
      } else {
        move_by_velocity<false>(entry, task.block, rate, momentum);
      }
    }
  }

  // Sets the rates of the adapted entries: lr eeta |w| / |g|, and lr where a norm is 0.
  void set_rates(Stage& stage) noexcept {
    size_t t = stage.first_task;
    for (size_t e = stage.first_entry; e < stage.last_entry; e++) {
      Squares total;
      for (; t < stage.last_task && tasks_[t].block.entry == e; t++) {
        total.weight += squares_[t].weight;
        total.grad += squares_[t].grad;
      }
      if (total.weight > 0 && total.grad > 0) {
        const double ratio = options_.eeta * std::sqrt(total.weight) / std::sqrt(total.grad);
        rates_[e] = static_cast<float>(options_.lr * ratio);
      }
    }
    stage.rated = true;
  }

  const std::vector<Entry>& entries_;
  const Lars& options_;
  std::vector<float> rates_;
  // It moves nothing when it grows.
  std::deque<Stage> stages_;
  std::vector<Task> tasks_;
  // Of the measuring tasks.
  std::vector<Squares> squares_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace

void lars(const std::vector<Entry>& entries, const Lars& options) {
  LarsStep(entries, options).run();
}

}  // namespace sct::optim
