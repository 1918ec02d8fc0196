// The stages of a view. For the GPU; the host compiles the same code for tests.
#pragma once

#include <string.h>

#include "cuda/augment_pixel.h"

namespace sct::augment::cuda {

SIMCLR_HOST_DEVICE inline Pixel load(const float* planes, int32_t pixels, int32_t index) {
  return {{planes[index], planes[pixels + index], planes[2 * pixels + index]}};
}

// A pixel of a resized box, whose pixel of a row and a column `pixel_at` returns: rows are mixed
// before columns, as on the CPU. Weights of rows are times `unit`.
template <class PixelAt>
SIMCLR_HOST_DEVICE inline Pixel resample(const Batch& batch, const Table& rows,
                                         const Table& columns, int32_t y, int32_t x, float unit,
                                         const PixelAt& pixel_at) {
  const int32_t top = batch.bounds[rows.bounds + y];
  const int32_t height = batch.bounds[rows.bounds + batch.size + y];
  const int32_t left = batch.bounds[columns.bounds + x];
  const int32_t width = batch.bounds[columns.bounds + batch.size + x];
  const float* row_weights = batch.weights + rows.weights + y * rows.stride;
  const float* column_weights = batch.weights + columns.weights + x * columns.stride;
  Pixel sum = {};
  for (int32_t i = 0; i < width; i++) {
    Pixel mixed = {};
    for (int32_t j = 0; j < height; j++) {
      const Pixel input = pixel_at(top + j, left + i);
      const float weight = row_weights[j] * unit;
      for (int c = 0; c < 3; c++) {
        mixed.c[c] += input.c[c] * weight;
      }
    }
    for (int c = 0; c < 3; c++) {
      sum.c[c] += mixed.c[c] * column_weights[i];
    }
  }
  return sum;
}

// A pixel of the resized crop of the image.
SIMCLR_HOST_DEVICE inline Pixel cropped(const Batch& batch, const View& view, int32_t y,
                                        int32_t x) {
  constexpr float kUnit = static_cast<float>(1.0 / 255);
  const uint8_t* pixels = view.pixels;
  const int64_t row_bytes = view.row_bytes;
  return resample(batch, batch.tables[view.row_table], batch.tables[view.column_table], y,
                  view.flip ? batch.size - 1 - x : x, kUnit,
                  [pixels, row_bytes](int32_t row, int32_t column) {
                    const uint8_t* p = pixels + row * row_bytes + 3 * static_cast<int64_t>(column);
                    return Pixel{{static_cast<float>(p[0]), static_cast<float>(p[1]),
                                  static_cast<float>(p[2])}};
                  });
}

// A pixel of the resized crop of the view that lies in `planes`.
SIMCLR_HOST_DEVICE inline Pixel cropped_again(const Batch& batch, const Stage& stage,
                                              const sct_augment_op& op, const float* planes,
                                              int32_t y, int32_t x) {
  const int32_t size = batch.size;
  const int32_t corner = op.integers[0] * size + op.integers[1];
  return resample(batch, batch.tables[stage.row_table], batch.tables[stage.column_table], y, x, 1,
                  [planes, size, corner](int32_t row, int32_t column) {
                    return load(planes, size * size, corner + row * size + column);
                  });
}

// Counterclockwise.
SIMCLR_HOST_DEVICE inline Pixel rotated(const float* planes, int32_t size, int32_t quarter_turns,
                                        int32_t y, int32_t x) {
  const int32_t last = size - 1;
  const int32_t source = quarter_turns == 0   ? y * size + x
                         : quarter_turns == 1 ? x * size + last - y
                         : quarter_turns == 2 ? (last - y) * size + last - x
                                              : (last - x) * size + y;
  return load(planes, size * size, source);
}

SIMCLR_HOST_DEVICE inline Pixel sobel(const float* planes, int32_t size, int32_t y, int32_t x) {
  const int32_t up = y > 0 ? y - 1 : 0;
  const int32_t down = y < size - 1 ? y + 1 : y;
  const int32_t left = x > 0 ? x - 1 : 0;
  const int32_t right = x < size - 1 ? x + 1 : x;
  const auto gray = [planes, size](int32_t row, int32_t column) {
    return gray_of(load(planes, size * size, row * size + column));
  };
  const float up_left = gray(up, left);
  const float up_right = gray(up, right);
  const float down_left = gray(down, left);
  const float down_right = gray(down, right);
  const float gx =
      up_right - up_left + 2 * (gray(y, right) - gray(y, left)) + down_right - down_left;
  const float gy = down_left - up_left + 2 * (gray(down, x) - gray(up, x)) + down_right - up_right;
  const float magnitude = clamp(sqrtf(gx * gx + gy * gy) / 4);
  return {{magnitude, magnitude, magnitude}};
}

// One direction of a blur at a pixel: `at` is its place in that direction, `step` the distance of
// neighbours in memory.
SIMCLR_HOST_DEVICE inline Pixel blurred(const float* planes, int32_t size, int32_t index,
                                        int32_t at, int32_t step, const float* weights,
                                        int32_t radius, bool zero_border) {
  const int32_t pixels = size * size;
  const int32_t last = size - 1;
  Pixel sum = load(planes, pixels, index);
  for (float& value : sum.c) {
    value *= weights[0];
  }
  for (int32_t t = 1; t <= radius; t++) {
    const bool has_before = at >= t;
    const bool has_after = at + t <= last;
    // Reflected without repeating the edge.
    const int32_t before = index + step * (has_before ? -t : t - 2 * at);
    const int32_t after = index + step * (has_after ? t : 2 * (last - at) - t);
    const Pixel a = has_before || !zero_border ? load(planes, pixels, before) : Pixel{};
    const Pixel b = has_after || !zero_border ? load(planes, pixels, after) : Pixel{};
    for (int c = 0; c < 3; c++) {
      sum.c[c] += (a.c[c] + b.c[c]) * weights[t];
    }
  }
  return sum;
}

SIMCLR_HOST_DEVICE inline Pixel read(const Batch& batch, const View& view, const Stage& stage,
                                     const Memory& memory, int32_t index) {
  const int32_t size = batch.size;
  const int32_t y = index / size;
  const int32_t x = index % size;
  const float* planes = stage.source == Source::kImage ? nullptr : memory.planes[stage.from];
  const float* weights = batch.weights + stage.weights;
  const sct_augment_op* ops = batch.ops + view.first_op;
  switch (stage.source) {
    case Source::kImage:
      return cropped(batch, view, y, x);
    case Source::kRotated:
      return rotated(planes, size, ops[stage.op].integers[0], y, x);
    case Source::kCropped:
      return cropped_again(batch, stage, ops[stage.op], planes, y, x);
    case Source::kSobel:
      return sobel(planes, size, y, x);
    case Source::kBlurDown:
      return blurred(planes, size, index, y, size, weights, stage.radius,
                     ops[stage.op].kind == SCT_AUGMENT_BLUR_ZERO);
    case Source::kBlurAcross:
      return blurred(planes, size, index, x, 1, weights, stage.radius,
                     ops[stage.op].kind == SCT_AUGMENT_BLUR_ZERO);
    default:
      return load(planes, size * size, index);
  }
}

// Rounded to nearest even.
SIMCLR_HOST_DEVICE inline uint16_t bfloat16_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

SIMCLR_HOST_DEVICE inline void write_output(const Batch& batch, const View& view, int32_t index,
                                            const Pixel& x) {
  const int64_t pixels = static_cast<int64_t>(batch.size) * batch.size;
  const int64_t base = view.row * 3 * pixels;
  for (int c = 0; c < 3; c++) {
    const float value = (x.c[c] - batch.mean[c]) * batch.scale[c];
    const int64_t at =
        base + (batch.channels_last ? 3 * static_cast<int64_t>(index) + c : c * pixels + index);
    if (batch.bfloat16) {
      static_cast<uint16_t*>(batch.out)[at] = bfloat16_of(value);
    } else {
      static_cast<float*>(batch.out)[at] = value;
    }
  }
}

// The stages that follow do what is left of one stage to thread `rank` of `threads`, the number of
// which is free.

SIMCLR_HOST_DEVICE inline void compute_pixels(const Batch& batch, const View& view,
                                              const Stage& stage, const Memory& memory,
                                              int32_t rank, int32_t threads) {
  const int32_t pixels = batch.size * batch.size;
  for (int32_t i = rank; i < pixels; i += threads) {
    Pixel x = read(batch, view, stage, memory, i);
    for (int32_t op = stage.first_op; op < stage.end_op; op++) {
      apply(batch.ops[view.first_op + op], i, batch.size, *memory.statistics, x);
    }
    if (stage.to == kOutput) {
      write_output(batch, view, i, x);
    } else {
      float* planes = memory.planes[stage.to];
      for (int c = 0; c < 3; c++) {
        planes[c * pixels + i] = x.c[c];
      }
    }
  }
}

SIMCLR_HOST_DEVICE inline void add_up(const Batch& batch, const View& view, const Stage& stage,
                                      const Memory& memory, int32_t rank, int32_t threads) {
  const int32_t pixels = batch.size * batch.size;
  const float* planes = memory.planes[stage.from];
  const bool gray = batch.ops[view.first_op + stage.op].kind == SCT_AUGMENT_CONTRAST;
  for (int32_t part = rank; part < kPartials; part += threads) {
    double sum[3] = {};
    for (int32_t i = part; i < pixels; i += kPartials) {
      for (int c = 0; c < 3; c++) {
        sum[c] += planes[c * pixels + i];
      }
    }
    if (gray) {
      sum[0] = sum[1] = sum[2] = 0.2989F * sum[0] + 0.587F * sum[1] + 0.114F * sum[2];
    }
    for (int c = 0; c < 3; c++) {
      memory.statistics->partial[c][part] = sum[c];
    }
  }
}

SIMCLR_HOST_DEVICE inline void find_means(const Batch& batch, const Memory& memory, int32_t rank,
                                          int32_t threads) {
  const double pixels = static_cast<double>(batch.size) * batch.size;
  for (int32_t c = rank; c < 3; c += threads) {
    double sum = 0;
    for (int32_t part = 0; part < kPartials; part++) {
      sum += memory.statistics->partial[c][part];
    }
    memory.statistics->mean[c] = static_cast<float>(sum / pixels);
  }
}

SIMCLR_HOST_DEVICE inline void clear_levels(const Memory& memory, int32_t rank, int32_t threads) {
  for (int32_t i = rank; i < 3 * kLevels; i += threads) {
    memory.statistics->histogram[i / kLevels][i % kLevels] = 0;
  }
}

SIMCLR_HOST_DEVICE inline void count_one(int32_t* counter) {
#ifdef __CUDA_ARCH__
  atomicAdd(counter, 1);
#else
  ++*counter;
#endif
}

SIMCLR_HOST_DEVICE inline void count_levels(const Batch& batch, const Stage& stage,
                                            const Memory& memory, int32_t rank, int32_t threads) {
  const int32_t pixels = batch.size * batch.size;
  const float* planes = memory.planes[stage.from];
  for (int32_t i = rank; i < pixels; i += threads) {
    for (int c = 0; c < 3; c++) {
      count_one(&memory.statistics->histogram[c][level_of(planes[c * pixels + i])]);
    }
  }
}

SIMCLR_HOST_DEVICE inline void map_levels(const Batch& batch, const Memory& memory, int32_t rank,
                                          int32_t threads) {
  const int32_t pixels = batch.size * batch.size;
  for (int32_t i = rank; i < 3 * kLevels; i += threads) {
    const int32_t level = i % kLevels;
    const int32_t* histogram = memory.statistics->histogram[i / kLevels];
    int32_t last = kLevels - 1;
    while (histogram[last] == 0) {
      last--;
    }
    int32_t below = 0;
    for (int32_t other = 0; other < level; other++) {
      below += histogram[other];
    }
    const int32_t step = (pixels - histogram[last]) / (kLevels - 1);
    int32_t mapped = step == 0 ? level : (below + step / 2) / step;
    if (mapped > kLevels - 1) {
      mapped = kLevels - 1;
    }
    memory.statistics->level[i / kLevels][level] = static_cast<float>(mapped) / 255;
  }
}

SIMCLR_HOST_DEVICE inline void run_stage(const Batch& batch, const View& view, const Stage& stage,
                                         const Memory& memory, int32_t rank, int32_t threads) {
  switch (stage.kind) {
    case StageKind::kPixels:
      return compute_pixels(batch, view, stage, memory, rank, threads);
    case StageKind::kSums:
      return add_up(batch, view, stage, memory, rank, threads);
    case StageKind::kMeans:
      return find_means(batch, memory, rank, threads);
    case StageKind::kClearLevels:
      return clear_levels(memory, rank, threads);
    case StageKind::kCountLevels:
      return count_levels(batch, stage, memory, rank, threads);
    case StageKind::kMapLevels:
      return map_levels(batch, memory, rank, threads);
  }
}

}  // namespace sct::augment::cuda
