// NT-Xent of several processes, each with its images, gives what one process gives for all of them,
// loss, measures and gradient, though nobody tells anybody a gradient.
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <cstdlib>
#include <vector>

#include "detail/nt_xent_cpu.h"
#include "nt_xent_result.h"
#include "played_group.h"

namespace {

using at::Tensor;

// Rows of `n` of the images of two views, from `first` on.
Tensor share(const Tensor& values, int64_t first, int64_t n) {
  const int64_t all = values.size(0) / 2;
  return at::cat({values.narrow(0, first, n), values.narrow(0, all + first, n)});
}

Result in_group(const Tensor& values, const sct::NtXentOptions& options,
                const c10::intrusive_ptr<sct::Collective>& group) {
  return compute<sct::NtXentCpu>(values, std::optional<Tensor>(), options, group);
}

void shares_give_the_whole(int64_t processes, int64_t n, int64_t d, double temperature,
                           bool decoupled) {
  const int before = failures;
  const Tensor values = views(processes * n, d);
  const sct::NtXentOptions options = options_of(temperature, decoupled);
  const Result whole = in_group(values, options, sct::alone());
  std::vector<Result> shares(static_cast<size_t>(processes));
  Said said;
  // The rows are told first, the sums that follow from them next, and last their totals.
  for (int round = 0; round < 3; round++) {
    Said now;
    for (int64_t rank = 0; rank < processes; rank++) {
      shares[static_cast<size_t>(rank)] =
          in_group(share(values, rank * n, n), options,
                   c10::make_intrusive<Played>(said, now, processes, rank));
    }
    said = now;
  }
  std::vector<Tensor> first;
  std::vector<Tensor> second;
  for (const Result& one : shares) {
    check(one.loss.equal(shares[0].loss), "all have the same loss, bit by bit");
    first.push_back(one.grad.narrow(0, 0, n));
    second.push_back(one.grad.narrow(0, n, n));
  }
  Result together = shares[0];
  together.grad = at::cat({at::cat(first), at::cat(second)});
  close(together, whole, values, temperature, {});
  if (failures != before) {
    std::fprintf(stderr, "%d processes\n", static_cast<int>(processes));
    describe(values, temperature, decoupled);
  }
}

}  // namespace

int main() {
  for (const int64_t processes : {1, 2, 3, 5}) {
    for (const int64_t n : {1, 24, 50, 130}) {
      for (const double temperature : {0.01, 0.1, 0.5}) {
        shares_give_the_whole(processes, n, n == 50 ? 128 : 20, temperature, false);
      }
    }
    shares_give_the_whole(processes, 40, 20, 0.2, true);
  }
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
