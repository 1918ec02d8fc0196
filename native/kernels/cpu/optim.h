// Optimizer steps on lists of float32 parameters, on the threads of at::parallel_for.
//
// Each passes over memory as rarely as it can, and enters and leaves the threads once for the whole
// list. Vectors of more than the platform's baseline would gain nothing, since memory is the limit,
// so there is one variant. Same bits on every run with any number of threads, and whatever else is
// in the list.
#pragma once

#include <cstdint>
#include <vector>

namespace sct::optim {

// A parameter, its gradient, and the optimizer's momentum of it: `count` numbers each, in the same
// order. No parameter or momentum is there twice.
struct Entry {
  float* weight;
  const float* grad;
  float* momentum;
  int64_t count;
  double weight_decay;
  // Of LARS.
  bool adapt;
};

struct Sgd {
  double lr;
  double momentum;
  bool nesterov;
};

// Entries without momentum take it as zero, and keep none.
void sgd(const std::vector<Entry>& entries, const Sgd& options);

struct Lars {
  double lr;
  double momentum;
  double eeta;
  bool nesterov;
};

// The formula is that of sct_lars_step.
void lars(const std::vector<Entry>& entries, const Lars& options);

}  // namespace sct::optim
