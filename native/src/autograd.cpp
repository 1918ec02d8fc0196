#include "sct/autograd.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "detail/call.h"
#include "detail/region.h"

using namespace sct;

sct_status sct_set_requires_grad(sct_tensor self, bool requires_grad) {
  return guard("set_requires_grad", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    if (!requires_grad && !x.is_leaf()) {
      invalid("only a leaf can stop requiring gradients; detach others");
    }
    x.set_requires_grad(requires_grad);
  });
}

sct_status sct_backward(sct_tensor self, sct_tensor gradient, bool retain_graph) {
  return guard("backward", {self, gradient}, [&] {
    const Tensor& x = unbox(self, "self");
    torch::autograd::backward({x}, {unbox_optional(gradient).value_or(Tensor())}, retain_graph);
  });
}

sct_status sct_grad(sct_tensor self, sct_tensor* ret_out) {
  return guard("grad", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_out, "ret_out");
    *ret_out = box_optional(x.grad());
  });
}

sct_status sct_set_grad(sct_tensor self, sct_tensor grad) {
  return guard("set_grad", {self, grad}, [&] {
    Tensor& x = unbox(self, "self");
    if (grad == nullptr) {
      x.mutable_grad().reset();
      return;
    }
    const Tensor& g = grad->tensor;
    if (g.sizes() != x.sizes()) {
      fail(SCT_SHAPE, "the gradient has another shape than its tensor");
    }
    if (g.scalar_type() != x.scalar_type() || g.device() != x.device()) {
      invalid("the gradient has another dtype or device than its tensor");
    }
    x.mutable_grad() = g;
  });
}

sct_status sct_autograd_grad(const sct_tensor* outputs, int64_t output_count,
                             const sct_tensor* inputs, int64_t input_count,
                             const sct_tensor* grad_outputs, bool retain_graph, bool create_graph,
                             bool allow_unused, sct_tensor* ret_grads) {
  return guard("autograd_grad", outputs, output_count, [&] {
    const std::vector<Tensor> of = unbox_list(outputs, output_count, "outputs");
    const std::vector<Tensor> with_respect_to = unbox_list(inputs, input_count, "inputs");
    require(ret_grads, "ret_grads");
    std::vector<Tensor> weights;
    if (grad_outputs != nullptr) {
      for (int64_t i = 0; i < output_count; ++i) {
        weights.push_back(unbox_optional(grad_outputs[i]).value_or(Tensor()));
      }
    }
    box_all(torch::autograd::grad(of, with_respect_to, weights, retain_graph, create_graph,
                                  allow_unused),
            ret_grads);
  });
}

sct_status sct_detach(sct_tensor self, sct_tensor* ret_out) {
  return produce("detach", {self}, ret_out, [&] { return unbox(self, "self").detach(); });
}

sct_status sct_grad_mode_enter(bool enabled, sct_region* ret_region) {
  return guard("grad_mode_enter", {}, [&] {
    require(ret_region, "ret_region");
    *ret_region = enter_region<c10::AutoGradMode>(enabled);
  });
}

sct_status sct_inference_mode_enter(sct_region* ret_region) {
  return guard("inference_mode_enter", {}, [&] {
    require(ret_region, "ret_region");
    *ret_region = enter_region<c10::InferenceMode>(true);
  });
}

sct_status sct_grad_enabled(bool* ret_enabled) {
  return guard("grad_enabled", {}, [&] {
    require(ret_enabled, "ret_enabled");
    *ret_enabled = c10::GradMode::is_enabled();
  });
}
