// Handles: what they hold, how they are made and read.
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <vector>

#include "detail/guard.h"

namespace sct {

// Base of everything that a handle points to; counts them.
class Counted {
 public:
  Counted() noexcept { live.fetch_add(1, std::memory_order_relaxed); }
  ~Counted() { live.fetch_sub(1, std::memory_order_relaxed); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  static inline std::atomic<int64_t> live{0};
};

}  // namespace sct

struct sct_tensor_handle : sct::Counted {
  explicit sct_tensor_handle(at::Tensor t) noexcept : tensor(std::move(t)) {}
  at::Tensor tensor;
};

namespace sct {

inline sct_tensor box(at::Tensor tensor) { return new sct_tensor_handle(std::move(tensor)); }

// NULL for an undefined tensor.
inline sct_tensor box_optional(at::Tensor tensor) {
  return tensor.defined() ? box(std::move(tensor)) : nullptr;
}

template <class T>
void require(T* pointer, const char* name) {
  if (pointer == nullptr) {
    invalid(std::string("argument '") + name + "' is NULL");
  }
}

inline at::Tensor& unbox(sct_tensor handle, const char* name) {
  require(handle, name);
  return handle->tensor;
}

inline std::optional<at::Tensor> unbox_optional(sct_tensor handle) {
  return handle == nullptr ? std::nullopt : std::optional<at::Tensor>(handle->tensor);
}

std::vector<at::Tensor> unbox_list(const sct_tensor* handles, int64_t count, const char* name);

// Boxes all of `tensors` into the array `ret_out`, or none.
void box_all(std::vector<at::Tensor> tensors, sct_tensor* ret_out);

// The same for results that go to one place each.
void give(std::vector<at::Tensor> tensors, std::initializer_list<sct_tensor*> ret_outs);

}  // namespace sct
