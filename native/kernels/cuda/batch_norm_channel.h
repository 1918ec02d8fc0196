// What a thread does with a channel in the kernels of batch normalisation, in double precision. For
// the GPU; the host compiles the same code for tests.
#pragma once

#include <math.h>

#include "cuda/batch_norm.h"
#include "host_device.h"

namespace sct::batch_norm::cuda {

// Threads side by side in a block of kLanes that adds up parts, each with a channel; those below
// have some of its parts.
constexpr int32_t kAddedChannels = 8;

struct Moments {
  double count;
  double mean;
  double square;
};

// Chan, Golub and LeVeque 1983, equation 2.1. Lanes without numbers come last.
SIMCLR_HOST_DEVICE inline void merge(Moments& to, const Moments& from) {
  if (from.count == 0) {
    return;
  }
  const double apart = from.mean - to.mean;
  const double share = from.count / (to.count + from.count);
  to.mean += apart * share;
  to.square += from.square + apart * apart * (to.count * share);
  to.count += from.count;
}

struct Sums {
  double sum;
  double product;
};

SIMCLR_HOST_DEVICE inline void merge(Sums& to, const Sums& from) {
  to.sum += from.sum;
  to.product += from.product;
}

SIMCLR_HOST_DEVICE inline int64_t channel_of(int32_t block, int32_t lane) {
  return int64_t{block} * kAddedChannels + lane % kAddedChannels;
}

// Calls body(part, its two numbers, C apart) with the parts of a lane.
template <class Pass, class Body>
SIMCLR_HOST_DEVICE inline void each_part(const Pass& pass, const Layout& layout, int32_t block,
                                         int32_t lane, const Body& body) {
  const int64_t channels = pass.matrix.channels;
  const int64_t channel = channel_of(block, lane);
  if (channel >= channels) {
    return;
  }
  for (int32_t part = lane / kAddedChannels; part < layout.parts; part += kLanes / kAddedChannels) {
    body(part, pass.parts + 2 * channels * part + channel);
  }
}

SIMCLR_HOST_DEVICE inline Moments added_of_lane(const Statistics& pass, const Layout& layout,
                                                int32_t block, int32_t lane) {
  Moments all = {};
  each_part(pass, layout, block, lane, [&](int32_t part, const double* numbers) {
    const int64_t left = pass.matrix.rows - part * layout.rows;
    const auto count = static_cast<double>(left < layout.rows ? left : layout.rows);
    const Moments one = {count, numbers[0], numbers[pass.matrix.channels]};
    if (all.count == 0) {
      all = one;
    } else {
      merge(all, one);
    }
  });
  return all;
}

SIMCLR_HOST_DEVICE inline Sums added_of_lane(const Reduce& pass, const Layout& layout,
                                             int32_t block, int32_t lane) {
  Sums all = {};
  each_part(pass, layout, block, lane, [&](int32_t, const double* numbers) {
    merge(all, {numbers[0], numbers[pass.matrix.channels]});
  });
  return all;
}

SIMCLR_HOST_DEVICE inline void finish_of_channel(const Statistics& pass, int64_t channel,
                                                 const Moments& all) {
  if (channel == 0) {
    pass.moments[0] = all.count;
  }
  pass.moments[1 + channel] = all.mean;
  pass.moments[1 + pass.matrix.channels + channel] = all.square;
}

// The mean minus what the kernels subtract.
SIMCLR_HOST_DEVICE inline double lost_of(double mean) {
  const double lost = mean - static_cast<double>(static_cast<float>(mean));
  return lost == lost ? lost : 0;
}

SIMCLR_HOST_DEVICE inline void write_constants(float* constants, int64_t channels, int64_t channel,
                                               double mean, double invstd, const Affine& affine) {
  const double weight =
      affine.weight == nullptr ? 1.0 : static_cast<double>(affine.weight[channel]);
  const double bias = affine.bias == nullptr ? 0.0 : static_cast<double>(affine.bias[channel]);
  const double scale = invstd * weight;
  constants[channel] = static_cast<float>(mean);
  constants[channels + channel] = static_cast<float>(scale);
  constants[2 * channels + channel] = static_cast<float>(bias - lost_of(mean) * scale);
}

SIMCLR_HOST_DEVICE inline void follow(float* running, int64_t channel, double momentum,
                                      double value) {
  if (running != nullptr) {
    running[channel] = static_cast<float>((1 - momentum) * static_cast<double>(running[channel]) +
                                          momentum * value);
  }
}

SIMCLR_HOST_DEVICE inline void normalization_of_channel(const Normalization& pass,
                                                        int64_t channel) {
  const int64_t channels = pass.channels;
  const auto moments_of = [&](int64_t process) {
    const double* moments = pass.moments + process * (1 + 2 * channels);
    return Moments{moments[0], moments[1 + channel], moments[1 + channels + channel]};
  };
  Moments all = moments_of(0);
  for (int64_t process = 1; process < pass.processes; process++) {
    merge(all, moments_of(process));
  }
  follow(pass.running_mean, channel, pass.momentum, all.mean);
  follow(pass.running_var, channel, pass.momentum, all.square / (all.count - 1));
  const double invstd = 1 / sqrt(all.square / all.count + pass.eps);
  if (channel == 0) {
    pass.state[0] = all.count;
  }
  pass.state[1 + channel] = all.mean;
  pass.state[1 + channels + channel] = invstd;
  write_constants(pass.constants, channels, channel, all.mean, invstd, pass.affine);
}

SIMCLR_HOST_DEVICE inline void evaluation_of_channel(const Evaluation& pass, int64_t channel) {
  const double mean = pass.running_mean[channel];
  const double invstd = 1 / sqrt(static_cast<double>(pass.running_var[channel]) + pass.eps);
  write_constants(pass.constants, pass.channels, channel, mean, invstd, pass.affine);
}

SIMCLR_HOST_DEVICE inline void finish_of_channel(const Reduce& pass, int64_t channel,
                                                 const Sums& all) {
  const int64_t channels = pass.matrix.channels;
  const double product = all.product - all.sum * lost_of(pass.state[1 + channel]);
  pass.sums[channel] = all.sum;
  pass.sums[channels + channel] = product;
  if (pass.grad_weight != nullptr) {
    pass.grad_weight[channel] = static_cast<float>(product * pass.state[1 + channels + channel]);
  }
  if (pass.grad_bias != nullptr) {
    pass.grad_bias[channel] = static_cast<float>(all.sum);
  }
}

SIMCLR_HOST_DEVICE inline void slopes_of_channel(const ApplyGradient& pass, int64_t channel) {
  const int64_t channels = pass.matrix.channels;
  const double count = pass.state[0];
  const double invstd = pass.state[1 + channels + channel];
  const auto scale = static_cast<double>(pass.constants[channels + channel]);
  const double along = -scale * invstd * invstd * pass.sums[channels + channel] / count;
  const double constant =
      -scale * pass.sums[channel] / count - along * lost_of(pass.state[1 + channel]);
  pass.slopes[channel] = static_cast<float>(along);
  pass.slopes[channels + channel] = static_cast<float>(constant);
}

}  // namespace sct::batch_norm::cuda
