// Optimizer steps on lists of float32 parameters, on the threads of at::parallel_for.
//
// Each passes over memory as rarely as it can. Vectors of more than the platform's baseline would
// gain nothing, since memory is the limit, so there is one variant. Same bits on every run with any
// number of threads.
#pragma once

#include <cstdint>
#include <vector>

namespace sct::optim {

// A parameter, its gradient, and the optimizer's momentum of it: `count` numbers each, in the same
// order.
struct Entry {
  float* weight;
  const float* grad;
  float* momentum;
  int64_t count;
};

struct Sgd {
  double lr;
  double momentum;
  double weight_decay;
  bool nesterov;
};

// Entries without momentum take it as zero, and keep none.
void sgd(const std::vector<Entry>& entries, const Sgd& options);

struct Lars {
  double lr;
  double momentum;
  double weight_decay;
  double eeta;
  bool adapt;
  bool nesterov;
};

// The formula is that of sct_lars_step.
void lars(const std::vector<Entry>& entries, const Lars& options);

}  // namespace sct::optim
