// A group of processes, all of which one process plays in turn, several times: what it tells the
// group in one round is what the others hear in the next. With as many rounds as there are
// exchanges that depend on each other, and one more, everyone has heard everything.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <vector>

#include "detail/collective.h"

// What the processes have said so far: by call, and in it by rank.
struct Said {
  std::vector<std::vector<at::Tensor>> gathered;
  std::vector<std::vector<at::Tensor>> reduced;
};

class Played : public sct::Collective {
 public:
  Played(const Said& before, Said& now, int64_t processes, int64_t rank)
      : before_(before), now_(now), processes_(processes), rank_(rank) {}

  int64_t rank() const override { return rank_; }

  at::Tensor all_gather(const at::Tensor& local) const override {
    return at::stack(exchange(local, before_.gathered, now_.gathered, gathers_++));
  }

  void all_reduce(at::Tensor& values) const override {
    const std::vector<at::Tensor> heard =
        exchange(values, before_.reduced, now_.reduced, reductions_++);
    values.zero_();
    for (const at::Tensor& one : heard) {
      values.add_(one);
    }
  }

 private:
  // What all say in a call, or, as long as that is not known, what this one says.
  std::vector<at::Tensor> exchange(const at::Tensor& local,
                                   const std::vector<std::vector<at::Tensor>>& before,
                                   std::vector<std::vector<at::Tensor>>& now, size_t call) const {
    now.resize(std::max(now.size(), call + 1));
    now[call].resize(static_cast<size_t>(processes_));
    now[call][static_cast<size_t>(rank_)] = local.clone();
    if (call < before.size()) {
      return before[call];
    }
    return std::vector<at::Tensor>(static_cast<size_t>(processes_), local.clone());
  }

  const Said& before_;
  Said& now_;
  int64_t processes_;
  int64_t rank_;
  mutable size_t gathers_ = 0;
  mutable size_t reductions_ = 0;
};
