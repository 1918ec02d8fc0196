#include "cuda/batch_norm_launch.h"

#include "cuda/launch.h"

namespace sct {

namespace gpu = batch_norm::cuda;

void batch_norm_statistics(const gpu::Statistics& pass, int32_t device) {
  launch(gpu::launch_statistics, pass, device);
}

void batch_norm_normalization(const gpu::Normalization& pass, int32_t device) {
  launch(gpu::launch_normalization, pass, device);
}

void batch_norm_evaluation(const gpu::Evaluation& pass, int32_t device) {
  launch(gpu::launch_evaluation, pass, device);
}

void batch_norm_apply(const gpu::Apply& pass, int32_t device) {
  launch(gpu::launch_apply, pass, device);
}

void batch_norm_reduce(const gpu::Reduce& pass, int32_t device) {
  launch(gpu::launch_reduce, pass, device);
}

void batch_norm_apply_gradient(const gpu::ApplyGradient& pass, int32_t device) {
  launch(gpu::launch_apply_gradient, pass, device);
}

}  // namespace sct
