#include "detail/optim_members.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>

#include "detail/box.h"

namespace sct::optim {
namespace {

using at::Tensor;

// Whether the CPU's own kernels take a tensor, in whatever order its memory is.
bool fits(const Tensor& t) {
  return t.is_cpu() && t.scalar_type() == at::kFloat && t.layout() == at::kStrided &&
         t.is_non_overlapping_and_dense();
}

bool fits(const Members& all, size_t i) {
  const Tensor& param = all.params[i];
  const auto fits_alike = [&](const Tensor& t) {
    return fits(t) && t.strides() == param.strides();
  };
  return fits(param) && fits_alike(all.grads[i]) &&
         (all.states[0].empty() || fits_alike(all.states[0][i]));
}

// The options of each of `count` parameters.
std::vector<const sct_optim_group*> options_of(Groups groups, int64_t count) {
  if (groups.count < 0) {
    invalid("argument 'group_count' is " + std::to_string(groups.count) + ", allowed is 0 or more");
  }
  if (groups.count > 0) {
    require(groups.groups, "groups");
  }
  std::vector<const sct_optim_group*> options;
  int64_t left = count;
  for (int64_t i = 0; i < groups.count; ++i) {
    const sct_optim_group& group = groups.groups[i];
    const std::string name = "group " + std::to_string(i);
    if (group.count < 0 || group.count > left) {
      invalid(name + " has " + std::to_string(group.count) + " of the " + std::to_string(left) +
              " parameters that are left");
    }
    if (!std::isfinite(group.weight_decay)) {
      invalid(name + " has weight_decay " + std::to_string(group.weight_decay) +
              ", allowed is a finite number");
    }
    left -= group.count;
    options.insert(options.end(), static_cast<size_t>(group.count), &group);
  }
  if (left != 0) {
    invalid("argument 'groups' leaves out " + std::to_string(left) + " of " +
            std::to_string(count) + " parameters");
  }
  return options;
}

}  // namespace

void Members::add(const Members& from, size_t i) {
  params.push_back(from.params[i]);
  grads.push_back(from.grads[i]);
  for (int s = 0; s < 2; ++s) {
    if (!from.states[s].empty()) {
      states[s].push_back(from.states[s][i]);
    }
  }
  weight_decays.push_back(from.weight_decays[i]);
  adapts.push_back(from.adapts[i]);
}

Members members(const sct_tensor* params, int64_t count,
                std::initializer_list<const sct_tensor*> states, Groups groups) {
  const List all = unbox_list(params, count, "params");
  const std::vector<const sct_optim_group*> options = options_of(groups, count);
  Members members;
  size_t slot = 0;
  for (const sct_tensor* state : states) {
    const List of_all = unbox_list(state, count, "state");
    for (size_t i = 0; i < all.size(); ++i) {
      check_state(all[i], of_all[i], static_cast<int64_t>(i));
      if (all[i].grad().defined()) {
        members.states[slot].push_back(of_all[i]);
      }
    }
    ++slot;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].grad().defined()) {
      members.params.push_back(all[i]);
      members.grads.push_back(all[i].grad());
      members.weight_decays.push_back(options[i]->weight_decay);
      members.adapts.push_back(options[i]->adapt);
    }
  }
  return members;
}

Members members(const sct_tensor* params, int64_t count) {
  const sct_optim_group one{count, 0, false};
  return members(params, count, {}, {&one, 1});
}

void check_state(const Tensor& param, const Tensor& state, int64_t i) {
  if (state.sizes() != param.sizes()) {
    fail(SCT_SHAPE, "state " + std::to_string(i) + " has another shape than its parameter");
  }
  if (state.scalar_type() != param.scalar_type() || state.device() != param.device()) {
    invalid("state " + std::to_string(i) + " has another dtype or device than its parameter");
  }
}

std::vector<Members> in_turn(Members all) {
  std::vector<Members> lists;
  std::unordered_set<const void*> memory;
  size_t first = 0;
  const auto cut = [&](size_t end) {
    Members& list = lists.emplace_back();
    for (; first < end; ++first) {
      list.add(all, first);
    }
    memory.clear();
  };
  for (size_t i = 0; i < all.size(); ++i) {
    const Tensor& param = all.params[i];
    if (param.numel() > 0 && memory.count(param.const_data_ptr()) > 0) {
      cut(i);
    }
    memory.insert(param.const_data_ptr());
  }
  if (lists.empty()) {
    lists.push_back(std::move(all));
  } else {
    cut(all.size());
  }
  return lists;
}

std::vector<Entry> take_entries(Members& all) {
  std::vector<Entry> entries;
  Members rest;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!fits(all, i)) {
      rest.add(all, i);
      continue;
    }
    const Tensor& param = all.params[i];
    // The kernels write past libtorch's back.
    param.unsafeGetTensorImpl()->bump_version();
    float* momentum = nullptr;
    if (!all.states[0].empty()) {
      all.states[0][i].unsafeGetTensorImpl()->bump_version();
      momentum = all.states[0][i].data_ptr<float>();
    }
    entries.push_back({param.data_ptr<float>(), all.grads[i].const_data_ptr<float>(), momentum,
                       param.numel(), all.weight_decays[i], all.adapts[i]});
  }
  all = std::move(rest);
  return entries;
}

std::vector<Members> alike(const Members& all) {
  std::vector<Members> lists;
  for (size_t i = 0; i < all.size(); ++i) {
    const Tensor& param = all.params[i];
    const auto fits_in = [&](const Members& list) {
      const Tensor& first = list.params.front();
      return first.scalar_type() == param.scalar_type() && first.device() == param.device();
    };
    auto list = std::find_if(lists.begin(), lists.end(), fits_in);
    if (list == lists.end()) {
      list = lists.insert(list, Members());
    }
    list->add(all, i);
  }
  return lists;
}

}  // namespace sct::optim
