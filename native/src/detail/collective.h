// What processes that train together tell each other.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace sct {

// A group of processes. Each calls the same operations in the same order.
class Collective : public torch::CustomClassHolder {
 public:
  // This process's place among them, from 0 on.
  virtual int64_t rank() const = 0;

  // [n], of the same n in all processes, to [processes, n] in the order of their ranks.
  virtual at::Tensor all_gather(const at::Tensor& local) const = 0;

  // Sums over the processes, in place; the same bits in all of them.
  virtual void all_reduce(at::Tensor& values) const = 0;
};

// The group of this process alone.
const c10::intrusive_ptr<Collective>& alone();

}  // namespace sct
