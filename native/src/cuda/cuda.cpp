// The part of cuda.h that needs the CUDA runtime. Of CUDA's headers, the runtime's are enough.
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <cstring>

#include "cuda/augment_batch.h"
#include "cuda/batch_norm_launch.h"
#include "cuda/nt_xent_launch.h"
#include "detail/cuda_table.h"

namespace sct {
namespace {

namespace caching = c10::cuda::CUDACachingAllocator;

c10::DeviceIndex index(int32_t device) { return static_cast<c10::DeviceIndex>(device); }

c10::cuda::CUDAStream unpack(c10::Stream stream) { return c10::cuda::CUDAStream(stream); }

int64_t current(const c10::CachingAllocator::StatArray& stats) {
  return stats[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)].current;
}

int64_t peak(const c10::CachingAllocator::StatArray& stats) {
  return stats[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)].peak;
}

// An event that orders streams and takes no time. Destroying it before it has happened is allowed.
class Event {
 public:
  Event() { C10_CUDA_CHECK(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming)); }
  ~Event() { C10_CUDA_IGNORE_ERROR(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

void describe(int32_t device, sct_cuda_device_info& info) {
  cudaDeviceProp properties{};
  C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  info = {};
  static_assert(sizeof(info.name) == sizeof(properties.name));
  std::memcpy(info.name, properties.name, sizeof(info.name));
  info.total_memory_bytes = static_cast<int64_t>(properties.totalGlobalMem);
  info.compute_major = properties.major;
  info.compute_minor = properties.minor;
  info.multiprocessor_count = properties.multiProcessorCount;
}

void set_device(int32_t device) { c10::cuda::set_device(index(device)); }

void synchronize(int32_t device) {
  const c10::cuda::CUDAGuard guard(index(device));
  c10::cuda::device_synchronize();
}

void memory_statistics(int32_t device, sct_cuda_memory_stats& stats) {
  // The allocator knows no statistics of a device before anything was allocated there.
  caching::init(c10::cuda::device_count());
  const auto counters = caching::getDeviceStats(index(device));
  const c10::cuda::CUDAGuard guard(index(device));
  size_t free = 0;
  size_t total = 0;
  C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  stats.allocated_bytes = current(counters.allocated_bytes);
  stats.allocated_peak_bytes = peak(counters.allocated_bytes);
  stats.reserved_bytes = current(counters.reserved_bytes);
  stats.reserved_peak_bytes = peak(counters.reserved_bytes);
  stats.device_free_bytes = static_cast<int64_t>(free);
  stats.device_total_bytes = static_cast<int64_t>(total);
}

void reset_peak_memory(int32_t device) {
  caching::init(c10::cuda::device_count());
  caching::resetPeakStats(index(device));
}

void empty_cache() { caching::emptyCache(); }

void set_memory_fraction(int32_t device, double fraction) {
  caching::init(c10::cuda::device_count());
  caching::setMemoryFraction(fraction, index(device));
}

c10::Stream stream_from_pool(int32_t device, bool high_priority) {
  return c10::cuda::getStreamFromPool(high_priority, index(device)).unwrap();
}

c10::Stream stream_current(int32_t device) {
  return c10::cuda::getCurrentCUDAStream(index(device)).unwrap();
}

void stream_set_current(c10::Stream stream) { c10::cuda::setCurrentCUDAStream(unpack(stream)); }

void stream_synchronize(c10::Stream stream) { unpack(stream).synchronize(); }

void stream_wait(c10::Stream stream, c10::Stream other) {
  const c10::cuda::CUDAGuard guard(other.device_index());
  const Event event;
  C10_CUDA_CHECK(cudaEventRecord(event.get(), unpack(other)));
  C10_CUDA_CHECK(cudaStreamWaitEvent(unpack(stream), event.get(), 0));
}

void record_stream(const at::Tensor& tensor, c10::Stream stream) {
  caching::recordStream(tensor.storage().data_ptr(), unpack(stream));
}

constexpr CudaTable kTable = {
    .describe = describe,
    .set_device = set_device,
    .synchronize = synchronize,
    .memory_statistics = memory_statistics,
    .reset_peak_memory = reset_peak_memory,
    .empty_cache = empty_cache,
    .set_memory_fraction = set_memory_fraction,
    .stream_from_pool = stream_from_pool,
    .stream_current = stream_current,
    .stream_set_current = stream_set_current,
    .stream_synchronize = stream_synchronize,
    .stream_wait = stream_wait,
    .record_stream = record_stream,
    .augment = augment_batch,
    .nt_xent_forward = nt_xent_forward,
    .nt_xent_backward = nt_xent_backward,
    .nt_xent_can_fuse = nt_xent_can_fuse,
    .nt_xent_fused_forward = nt_xent_fused_forward,
    .nt_xent_fused_backward = nt_xent_fused_backward,
    .batch_norm_statistics = batch_norm_statistics,
    .batch_norm_normalization = batch_norm_normalization,
    .batch_norm_evaluation = batch_norm_evaluation,
    .batch_norm_apply = batch_norm_apply,
    .batch_norm_reduce = batch_norm_reduce,
    .batch_norm_apply_gradient = batch_norm_apply_gradient,
};

__attribute__((constructor)) void register_table() { simclr_torch_register_cuda(&kTable); }

}  // namespace
}  // namespace sct
