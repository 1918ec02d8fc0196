#include "sct/context.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "detail/box.h"
#include "detail/guard.h"

using namespace sct;

namespace {

int checked_threads(int32_t threads) {
  constexpr int32_t kMost = 4096;
  if (threads < 1 || threads > kMost) {
    invalid("argument 'threads' is " + std::to_string(threads) + ", allowed is 1 to " +
            std::to_string(kMost));
  }
  return threads;
}

int32_t parallel_width() {
  const int threads = at::get_num_threads();
  std::vector<char> seen(static_cast<size_t>(threads), 0);
  at::parallel_for(0, threads, 1,
                   [&](int64_t, int64_t) { seen[static_cast<size_t>(at::get_thread_num())] = 1; });
  return static_cast<int32_t>(std::count(seen.begin(), seen.end(), 1));
}

}  // namespace

sct_status sct_set_num_threads(int32_t threads) {
  return guard("set_num_threads", {}, [&] { at::set_num_threads(checked_threads(threads)); });
}

sct_status sct_num_threads(int32_t* ret_threads) {
  return guard("num_threads", {}, [&] {
    require(ret_threads, "ret_threads");
    *ret_threads = at::get_num_threads();
  });
}

sct_status sct_set_num_interop_threads(int32_t threads) {
  return guard("set_num_interop_threads", {},
               [&] { at::set_num_interop_threads(checked_threads(threads)); });
}

sct_status sct_num_interop_threads(int32_t* ret_threads) {
  return guard("num_interop_threads", {}, [&] {
    require(ret_threads, "ret_threads");
    *ret_threads = static_cast<int32_t>(at::get_num_interop_threads());
  });
}

sct_status sct_parallel_width(int32_t* ret_threads) {
  return guard("parallel_width", {}, [&] {
    require(ret_threads, "ret_threads");
    *ret_threads = parallel_width();
  });
}

sct_status sct_set_deterministic(bool deterministic) {
  return guard("set_deterministic", {}, [&] {
    at::globalContext().setDeterministicAlgorithms(deterministic, /*warn_only=*/false);
    at::globalContext().setDeterministicCuDNN(deterministic);
  });
}

sct_status sct_deterministic(bool* ret_deterministic) {
  return guard("deterministic", {}, [&] {
    require(ret_deterministic, "ret_deterministic");
    *ret_deterministic = at::globalContext().deterministicAlgorithms();
  });
}

sct_status sct_set_allow_tf32(bool allowed) {
  return guard("set_allow_tf32", {}, [&] {
    at::globalContext().setAllowTF32CuBLAS(allowed);
    at::globalContext().setAllowTF32CuDNN(allowed);
  });
}

sct_status sct_set_cudnn_benchmark(bool enabled) {
  return guard("set_cudnn_benchmark", {}, [&] { at::globalContext().setBenchmarkCuDNN(enabled); });
}

sct_status sct_set_flush_denormal(bool enabled) {
  return guard("set_flush_denormal", {}, [&] {
    if (!at::globalContext().setFlushDenormal(enabled)) {
      fail(SCT_UNSUPPORTED, "this processor cannot flush denormals");
    }
  });
}
