#include <cuda_runtime.h>

#include "cuda/batch_norm_channel.h"
#include "cuda/batch_norm_lane.h"

namespace sct::batch_norm::cuda {
namespace {

// Adds up the lanes of a block that are a multiple of `across` apart.
template <class Lane>
__device__ void add_up(Lane* lanes, int32_t lane, int32_t across) {
  for (int32_t half = kLanes / 2; half >= across; half /= 2) {
    __syncthreads();
    take_over(lanes, lane, half);
  }
}

__device__ Place place_here() {
  return {static_cast<int32_t>(blockIdx.x), static_cast<int32_t>(blockIdx.y),
          static_cast<int32_t>(threadIdx.x)};
}

template <class Format>
__global__ __launch_bounds__(kLanes) void moments(Statistics pass, Layout layout) {
  __shared__ LaneMoments<Format::kWidth> lanes[kLanes];
  const Place place = place_here();
  lanes[place.lane] = moments_of_lane<Format>(pass, layout, place);
  add_up(lanes, place.lane, layout.across);
  write_part<Format>(pass, layout, place, lanes[place.lane]);
}

template <class Format, Then kThen>
__global__ __launch_bounds__(kLanes) void sums(Reduce pass, Layout layout) {
  __shared__ LaneSums<Format::kWidth> lanes[kLanes];
  const Place place = place_here();
  lanes[place.lane] = sums_of_lane<Format, kThen>(pass, layout, place);
  add_up(lanes, place.lane, layout.across);
  write_part<Format>(pass, layout, place, lanes[place.lane]);
}

// What the parts of Statistics or Reduce come to.
template <class Lane, class Pass>
__global__ __launch_bounds__(kLanes) void added(Pass pass, Layout layout) {
  __shared__ Lane lanes[kLanes];
  const auto block = static_cast<int32_t>(blockIdx.x);
  const auto lane = static_cast<int32_t>(threadIdx.x);
  lanes[lane] = added_of_lane(pass, layout, block, lane);
  add_up(lanes, lane, kAddedChannels);
  const int64_t channel = channel_of(block, lane);
  if (lane < kAddedChannels && channel < pass.matrix.channels) {
    finish_of_channel(pass, channel, lanes[lane]);
  }
}

template <class Format, Then kThen>
__global__ __launch_bounds__(kLanes) void apply(Apply pass, Layout layout) {
  apply_of_lane<Format, kThen>(pass, layout, place_here());
}

template <class Format, Then kThen>
__global__ __launch_bounds__(kLanes) void gradient(ApplyGradient pass, Layout layout) {
  gradient_of_lane<Format, kThen>(pass, layout, place_here());
}

__device__ int64_t channel_here() { return int64_t{blockIdx.x} * kLanes + threadIdx.x; }

__global__ __launch_bounds__(kLanes) void normalization(Normalization pass) {
  if (channel_here() < pass.channels) {
    normalization_of_channel(pass, channel_here());
  }
}

__global__ __launch_bounds__(kLanes) void evaluation(Evaluation pass) {
  if (channel_here() < pass.channels) {
    evaluation_of_channel(pass, channel_here());
  }
}

__global__ __launch_bounds__(kLanes) void slopes(ApplyGradient pass) {
  if (channel_here() < pass.matrix.channels) {
    slopes_of_channel(pass, channel_here());
  }
}

// With a block for each part of the rows and some of the columns.
template <class Pass>
int launch_blocks(void (*kernel)(Pass, Layout), const Pass& pass, cudaStream_t stream) {
  const Layout layout = layout_of(pass.matrix);
  const dim3 grid(static_cast<unsigned>(layout.blocks), static_cast<unsigned>(layout.parts));
  kernel<<<grid, kLanes, 0, stream>>>(pass, layout);
  return cudaGetLastError();
}

template <class Lane, class Pass>
int launch_added(const Pass& pass, cudaStream_t stream) {
  const int64_t blocks = (pass.matrix.channels + kAddedChannels - 1) / kAddedChannels;
  added<Lane><<<static_cast<unsigned>(blocks), kLanes, 0, stream>>>(pass, layout_of(pass.matrix));
  return cudaGetLastError();
}

// With a thread for each channel.
template <class Pass>
int launch_channels(void (*kernel)(Pass), int64_t channels, const Pass& pass, cudaStream_t stream) {
  const int64_t blocks = (channels + kLanes - 1) / kLanes;
  kernel<<<static_cast<unsigned>(blocks), kLanes, 0, stream>>>(pass);
  return cudaGetLastError();
}

}  // namespace

int launch_statistics(const Statistics& pass, cudaStream_t stream) {
  const int error = with_format(pass.matrix, [&](auto format) {
    return launch_blocks(moments<decltype(format)>, pass, stream);
  });
  return error != cudaSuccess ? error : launch_added<Moments>(pass, stream);
}

int launch_normalization(const Normalization& pass, cudaStream_t stream) {
  return launch_channels(normalization, pass.channels, pass, stream);
}

int launch_evaluation(const Evaluation& pass, cudaStream_t stream) {
  return launch_channels(evaluation, pass.channels, pass, stream);
}

int launch_apply(const Apply& pass, cudaStream_t stream) {
  return with_format(pass.matrix, [&](auto format) {
    return with_then(pass.then, [&](auto following) {
      return launch_blocks(apply<decltype(format), decltype(following)::kThen>, pass, stream);
    });
  });
}

int launch_reduce(const Reduce& pass, cudaStream_t stream) {
  const int error = with_format(pass.matrix, [&](auto format) {
    return with_then(pass.then, [&](auto following) {
      return launch_blocks(sums<decltype(format), decltype(following)::kThen>, pass, stream);
    });
  });
  return error != cudaSuccess ? error : launch_added<Sums>(pass, stream);
}

int launch_apply_gradient(const ApplyGradient& pass, cudaStream_t stream) {
  const int error = launch_channels(slopes, pass.matrix.channels, pass, stream);
  if (error != cudaSuccess) {
    return error;
  }
  return with_format(pass.matrix, [&](auto format) {
    return with_then(pass.then, [&](auto following) {
      return launch_blocks(gradient<decltype(format), decltype(following)::kThen>, pass, stream);
    });
  });
}

}  // namespace sct::batch_norm::cuda
