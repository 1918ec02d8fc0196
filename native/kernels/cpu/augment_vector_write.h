// Writing a view over a vector type V; see augment_vector.h.
#pragma once

#include <string.h>

#include "cpu/augment.h"

namespace sct::augment {
namespace {

// Views from here on go past the caches, which they would only empty: the network reads them later.
constexpr int64_t kStreamedBytes = 128 << 10;

// What turns rows of a view into its values in memory.
template <class V, class Out, bool kStream>
struct Writer {
  const Planes& planes;
  V mean[3];
  V scale[3];

  Writer(const Planes& from, const sct_augment_format& format) : planes(from) {
    for (int c = 0; c < 3; c++) {
      mean[c] = V::set(format.normalize ? format.mean[c] : 0);
      scale[c] = V::set(format.normalize ? 1 / format.std[c] : 1);
    }
  }

  V value(int c, int64_t i) const { return (V::load(planes.channel[c] + i) - mean[c]) * scale[c]; }

  static void put(V v, Out* to) {
    if constexpr (kStream) {
      v.stream(to);
    } else {
      v.store(to);
    }
  }

  // Channels side by side.
  void interleaved(int64_t pixels, Out* out) const {
    int64_t i = 0;
    for (; i + V::kWidth <= pixels; i += V::kWidth) {
      V r = value(0, i);
      V g = value(1, i);
      V b = value(2, i);
      V::interleave(r, g, b);
      put(r, out + 3 * i);
      put(g, out + 3 * i + V::kWidth);
      put(b, out + 3 * i + 2 * V::kWidth);
    }
    if (i < pixels) {
      Out tail[3 * V::kWidth];
      V r = value(0, i);
      V g = value(1, i);
      V b = value(2, i);
      V::interleave(r, g, b);
      r.store(tail);
      g.store(tail + V::kWidth);
      b.store(tail + 2 * V::kWidth);
      memcpy(out + 3 * i, tail, 3 * static_cast<size_t>(pixels - i) * sizeof(Out));
    }
  }

  // One channel.
  void planar(int c, int64_t pixels, Out* out) const {
    int64_t i = 0;
    for (; i + V::kWidth <= pixels; i += V::kWidth) {
      put(value(c, i), out + i);
    }
    if (i < pixels) {
      Out tail[V::kWidth];
      value(c, i).store(tail);
      memcpy(out + i, tail, static_cast<size_t>(pixels - i) * sizeof(Out));
    }
  }
};

template <class V, class Out, bool kStream>
void write_as(const Planes& planes, int32_t from, int32_t to, const sct_augment_format& format,
              Out* view) {
  const Writer<V, Out, kStream> writer(planes, format);
  const int64_t start = static_cast<int64_t>(from) * format.size;
  const int64_t pixels = static_cast<int64_t>(to - from) * format.size;
  if (format.channels_last) {
    writer.interleaved(pixels, view + 3 * start);
  } else {
    const int64_t plane = static_cast<int64_t>(format.size) * format.size;
    for (int c = 0; c < 3; c++) {
      writer.planar(c, pixels, view + c * plane + start);
    }
  }
  // One fence for all strips, which all are streamed or none: it waits for memory.
  if (kStream && to == format.size) {
    V::fence();
  }
}

template <class V, class Out>
void write_values(const Planes& planes, int32_t from, int32_t to, const sct_augment_format& format,
                  void* view) {
  const int64_t row_bytes = static_cast<int64_t>(format.size) * sizeof(Out);
  const int64_t plane_bytes = format.size * row_bytes;
  // The same for all strips, which begin at a cache line if the view does.
  const bool aligned = (reinterpret_cast<uintptr_t>(view) | plane_bytes) % 64 == 0;
  if (aligned && 3 * plane_bytes >= kStreamedBytes) {
    write_as<V, Out, true>(planes, from, to, format, static_cast<Out*>(view));
  } else {
    write_as<V, Out, false>(planes, from, to, format, static_cast<Out*>(view));
  }
}

template <class V>
void write(const Planes& planes, int32_t from, int32_t to, const sct_augment_format& format,
           void* view) {
  if (format.dtype == SCT_BFLOAT16) {
    write_values<V, uint16_t>(planes, from, to, format, view);
  } else {
    write_values<V, float>(planes, from, to, format, view);
  }
}

}  // namespace
}  // namespace sct::augment
