#include "sct/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randperm.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "detail/call.h"

using namespace sct;

namespace {

// The engine takes 32 bits of seed; the upper half is folded into them rather than dropped.
at::Generator fresh_generator(uint64_t seed) {
  constexpr uint32_t kOdd = 0x9E3779B1;
  const auto low = static_cast<uint32_t>(seed);
  const auto high = static_cast<uint32_t>(seed >> 32);
  return at::detail::createCPUGenerator(low ^ (high * kOdd));
}

// Fills `self` by `draw`, which gets a tensor that is row-major and on the CPU: which element gets
// which number then depends on neither layout nor device.
template <class Draw>
void fill_row_major(Tensor& self, Draw&& draw) {
  const at::NoGradGuard no_grad;
  if (self.is_cpu() && self.is_contiguous()) {
    draw(self);
    return;
  }
  Tensor values = at::empty(self.sizes(), self.options().device(at::kCPU));
  draw(values);
  self.copy_(values);
}

}  // namespace

sct_status sct_normal_(sct_tensor self, double mean, double std, uint64_t seed) {
  return guard("normal_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    if (!(std >= 0)) {
      invalid("argument 'std' is " + std::to_string(std) + ", allowed is 0 or more");
    }
    fill_row_major(x, [&](Tensor& t) { t.normal_(mean, std, fresh_generator(seed)); });
  });
}

sct_status sct_uniform_(sct_tensor self, double from, double to, uint64_t seed) {
  return guard("uniform_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    fill_row_major(x, [&](Tensor& t) { t.uniform_(from, to, fresh_generator(seed)); });
  });
}

sct_status sct_randperm(int64_t n, uint64_t seed, sct_tensor* ret_out) {
  return produce("randperm", {}, ret_out,
                 [&] { return at::randperm(n, fresh_generator(seed), at::kLong); });
}

sct_status sct_manual_seed(uint64_t seed) {
  return guard("manual_seed", {}, [&] { at::manual_seed(seed); });
}
