// Optimizer steps by libtorch's operations on lists, for what has no kernel of its own. The lists
// are not empty, and of one dtype and device. None waits for the device: a learning rate that the
// host does not know is multiplied on the device, rounded to the dtype of the list.
#pragma once

#include "detail/learning_rate.h"
#include "detail/optim_members.h"

namespace sct::optim {

// As sct_sgd_step; without states, the momentum is 0.
void foreach_sgd(const Members& list, const LearningRate& lr, double momentum, bool nesterov);

// As sct_lars_step; states[0] is the velocity.
void foreach_lars(const Members& list, const LearningRate& lr, double momentum, double eeta,
                  bool nesterov);

struct Adamw {
  int64_t step;
  double beta1;
  double beta2;
  double eps;
};

// As sct_adamw_step; the states are both moments.
void foreach_adamw(const Members& list, const LearningRate& lr, const Adamw& options);

}  // namespace sct::optim
