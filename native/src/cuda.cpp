#include "sct/cuda.h"

#include <ATen/Context.h>
#include <ATen/ops/is_pinned.h>
#include <ATen/ops/pin_memory.h>

#include <atomic>
#include <utility>

#include "detail/call.h"
#include "detail/cuda_table.h"

struct sct_cuda_stream_handle : sct::Counted {
  explicit sct_cuda_stream_handle(c10::Stream s) : stream(s) {}
  c10::Stream stream;
};

using namespace sct;

namespace {

std::atomic<const CudaTable*> registered{nullptr};

int32_t device_count() {
  at::Context& context = at::globalContext();
  return context.hasCUDA() ? context.getAcceleratorHooksInterface(at::kCUDA).deviceCount() : 0;
}

const c10::Stream& unbox(sct_cuda_stream stream, const char* name) {
  require(stream, name);
  return stream->stream;
}

}  // namespace

namespace sct {

bool has_cuda_table() noexcept { return registered.load(std::memory_order_acquire) != nullptr; }

const CudaTable& cuda_table() {
  if (device_count() == 0) {
    fail(SCT_UNSUPPORTED, "no CUDA: this libtorch has none, or there is no driver or device");
  }
  const CudaTable* table = registered.load(std::memory_order_acquire);
  if (table == nullptr) {
    fail(SCT_UNSUPPORTED, "libsimclr_torch_cuda.so is not loaded");
  }
  return *table;
}

const CudaTable& cuda_table(int32_t device) {
  const CudaTable& table = cuda_table();
  const int32_t count = device_count();
  if (device < 0 || device >= count) {
    fail(SCT_DEVICE,
         "no CUDA device " + std::to_string(device) + "; there are " + std::to_string(count));
  }
  return table;
}

}  // namespace sct

void simclr_torch_register_cuda(const CudaTable* table) noexcept {
  registered.store(table, std::memory_order_release);
}

sct_status sct_cuda_is_available(bool* ret_available) {
  return guard("cuda_is_available", {}, [&] {
    require(ret_available, "ret_available");
    *ret_available = device_count() > 0;
  });
}

sct_status sct_cuda_device_count(int32_t* ret_count) {
  return guard("cuda_device_count", {}, [&] {
    require(ret_count, "ret_count");
    *ret_count = device_count();
  });
}

sct_status sct_cuda_is_loaded(bool* ret_loaded) {
  return guard("cuda_is_loaded", {}, [&] {
    require(ret_loaded, "ret_loaded");
    *ret_loaded = has_cuda_table();
  });
}

sct_status sct_cuda_describe(int32_t device, sct_cuda_device_info* ret_info) {
  return guard("cuda_describe", {}, [&] {
    require(ret_info, "ret_info");
    cuda_table(device).describe(device, *ret_info);
  });
}

sct_status sct_cuda_set_device(int32_t device) {
  return guard("cuda_set_device", {}, [&] { cuda_table(device).set_device(device); });
}

sct_status sct_cuda_synchronize(int32_t device) {
  return guard("cuda_synchronize", {}, [&] { cuda_table(device).synchronize(device); });
}

sct_status sct_cuda_memory_statistics(int32_t device, sct_cuda_memory_stats* ret_stats) {
  return guard("cuda_memory_statistics", {}, [&] {
    require(ret_stats, "ret_stats");
    cuda_table(device).memory_statistics(device, *ret_stats);
  });
}

sct_status sct_cuda_reset_peak_memory(int32_t device) {
  return guard("cuda_reset_peak_memory", {}, [&] { cuda_table(device).reset_peak_memory(device); });
}

sct_status sct_cuda_empty_cache(void) {
  return guard("cuda_empty_cache", {}, [] { cuda_table().empty_cache(); });
}

sct_status sct_cuda_set_memory_fraction(int32_t device, double fraction) {
  return guard("cuda_set_memory_fraction", {}, [&] {
    if (!(fraction > 0 && fraction <= 1)) {
      invalid("argument 'fraction' is " + std::to_string(fraction) +
              ", allowed is above 0 and at most 1");
    }
    cuda_table(device).set_memory_fraction(device, fraction);
  });
}

sct_status sct_pin_memory(sct_tensor self, sct_tensor* ret_out) {
  return produce("pin_memory", {self}, ret_out, [&] {
    const Tensor& x = sct::unbox(self, "self");
    cuda_table();
    return x.pin_memory();
  });
}

sct_status sct_is_pinned(sct_tensor self, bool* ret_pinned) {
  return guard("is_pinned", {self}, [&] {
    const Tensor& x = sct::unbox(self, "self");
    require(ret_pinned, "ret_pinned");
    *ret_pinned = device_count() > 0 && x.is_pinned();
  });
}

sct_status sct_cuda_stream_create(int32_t device, bool high_priority, sct_cuda_stream* ret_stream) {
  return guard("cuda_stream_create", {}, [&] {
    require(ret_stream, "ret_stream");
    *ret_stream =
        new sct_cuda_stream_handle(cuda_table(device).stream_from_pool(device, high_priority));
  });
}

sct_status sct_cuda_stream_free(sct_cuda_stream* stream) {
  return guard("cuda_stream_free", {}, [&] {
    require(stream, "stream");
    delete std::exchange(*stream, nullptr);
  });
}

sct_status sct_cuda_stream_current(int32_t device, sct_cuda_stream* ret_stream) {
  return guard("cuda_stream_current", {}, [&] {
    require(ret_stream, "ret_stream");
    *ret_stream = new sct_cuda_stream_handle(cuda_table(device).stream_current(device));
  });
}

sct_status sct_cuda_stream_set_current(sct_cuda_stream stream) {
  return guard("cuda_stream_set_current", {}, [&] {
    const c10::Stream& s = unbox(stream, "stream");
    cuda_table().stream_set_current(s);
  });
}

sct_status sct_cuda_stream_synchronize(sct_cuda_stream stream) {
  return guard("cuda_stream_synchronize", {}, [&] {
    const c10::Stream& s = unbox(stream, "stream");
    cuda_table().stream_synchronize(s);
  });
}

sct_status sct_cuda_stream_wait(sct_cuda_stream stream, sct_cuda_stream other) {
  return guard("cuda_stream_wait", {}, [&] {
    const c10::Stream& waiting = unbox(stream, "stream");
    const c10::Stream& awaited = unbox(other, "other");
    cuda_table().stream_wait(waiting, awaited);
  });
}

sct_status sct_cuda_record_stream(sct_tensor self, sct_cuda_stream stream) {
  return guard("cuda_record_stream", {self}, [&] {
    const Tensor& x = sct::unbox(self, "self");
    const c10::Stream& s = unbox(stream, "stream");
    if (!x.is_cuda()) {
      fail(SCT_DEVICE, "argument 'self' is not on a GPU");
    }
    cuda_table().record_stream(x, s);
  });
}
