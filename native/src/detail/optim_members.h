// The parameters of an optimizer step, and what belongs to each.
#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <vector>

#include "cpu/optim.h"
#include "sct/optim.h"

namespace sct::optim {

using List = std::vector<at::Tensor>;

// Parameters that have a gradient, in the order of their list, with the gradients, up to two states
// and the options of each.
struct Members {
  List params;
  List grads;
  List states[2];
  std::vector<double> weight_decays;
  std::vector<bool> adapts;

  size_t size() const { return params.size(); }
  bool empty() const { return params.empty(); }
  void add(const Members& from, size_t i);
};

// The groups of a list of `count` parameters.
struct Groups {
  const sct_optim_group* groups;
  int64_t count;
};

// Takes the members out of whole lists; throws Error if a group or a state does not fit.
Members members(const sct_tensor* params, int64_t count,
                std::initializer_list<const sct_tensor*> states, Groups groups);

// The members of a list without groups.
Members members(const sct_tensor* params, int64_t count);

// Throws Error unless a state has the shape, dtype and device of parameter `i`.
void check_state(const at::Tensor& param, const at::Tensor& state, int64_t i);

// The same members in lists that are worked on one after the other, in none of which a parameter is
// twice.
std::vector<Members> in_turn(Members all);

// Takes what the CPU's own kernels take out of `all`.
std::vector<Entry> take_entries(Members& all);

// The same members in lists of one dtype and device each.
std::vector<Members> alike(const Members& all);

}  // namespace sct::optim
