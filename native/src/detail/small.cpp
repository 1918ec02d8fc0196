#include "detail/small.h"

#include <ATen/record_function.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace sct {

namespace {

// Beyond it libtorch's wider vectors matter more than what precedes them.
constexpr int64_t kLargest = 1024;

// Whether the dispatcher would do nothing but call the kernel for dense CPU tensors.
bool goes_to_cpu_kernel(const at::Tensor& x, const at::Tensor& y) {
  const c10::impl::LocalDispatchKeySet local = c10::impl::tls_local_dispatch_key_set();
  // As the dispatcher computes it, without the keys that have nothing to do here: that of factory
  // functions, and autograd's, whose conditions follow. Forward-mode gradients are out of reach
  // for users of this library.
  const c10::DispatchKeySet keys =
      ((x.key_set() | y.key_set() | local.included_) - local.excluded_) -
      (c10::autograd_dispatch_keyset_with_ADInplaceOrView |
       c10::DispatchKeySet(c10::DispatchKey::BackendSelect));
  const bool recorded = c10::GradMode::is_enabled() && (x.requires_grad() || y.requires_grad());
  return keys == c10::DispatchKeySet(c10::DispatchKey::CPU) && !recorded &&
         !at::getStepCallbacksUnlessEmpty(at::RecordScope::FUNCTION).has_value();
}

}  // namespace

bool is_small(const at::Tensor& x, const at::Tensor& y) {
  // First: other kinds of tensors have neither sizes nor strides to ask for.
  return goes_to_cpu_kernel(x, y) && x.scalar_type() == at::kFloat &&
         y.scalar_type() == at::kFloat && x.numel() <= kLargest && x.sizes() == y.sizes() &&
         x.is_contiguous() && y.is_contiguous();
}

}  // namespace sct
