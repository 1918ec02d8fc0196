// Memory of a thread that computes views, kept from view to view.
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>

#include "cpu/augment.h"

namespace sct::augment {

// An array that grows and never shrinks. Its values are kept from call to call only while it does
// not grow; new memory is zero, so that what overhangs a plane is a number.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  T* need(int64_t count) {
    if (count > capacity_) {
      constexpr size_t kLine = 64;
      const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + kLine - 1) / kLine * kLine;
      std::free(data_);
      data_ = nullptr;
      capacity_ = 0;
      data_ = static_cast<T*>(std::aligned_alloc(kLine, bytes));
      if (data_ == nullptr) {
        throw std::bad_alloc();
      }
      std::memset(data_, 0, bytes);
      capacity_ = count;
    }
    return data_;
  }

 private:
  T* data_ = nullptr;
  int64_t capacity_ = 0;
};

// What a resize table was computed from.
struct TableKey {
  int32_t interpolation = -1;
  int32_t in = 0;
  int64_t out = 0;
  int64_t first = 0;
  int32_t outputs = 0;
  bool operator==(const TableKey&) const = default;
};

// A table that is kept: crops of small images have few different sizes, and at 32 pixels computing
// two tables takes a quarter of the time of a view.
struct KeptTable {
  TableKey key;
  ResizeTable table;
  Buffer<int32_t> bounds;
  Buffer<float> weights;
};

// Both tables of a view are in use at the same time, so each direction keeps its own.
enum class Direction { kRows, kColumns };

constexpr int32_t kKeptTables = 64;

struct Workspace {
  KeptTable tables[2][kKeptTables];
  Buffer<float> planes[2][3];
  // For one call of a kernel: another one may need a larger buffer, which is elsewhere.
  Buffer<float> lines;
  Buffer<int32_t> column_blocks;
  Buffer<int32_t> column_offsets;
  Buffer<float> column_weights;
  Buffer<float> blur_weights;

  // One of the two sets of planes of views of `size` pixels; all but `set` keeps its values.
  Planes planes_of(int32_t size, int set) {
    const int64_t count = static_cast<int64_t>(size) * size + kPad;
    return {{planes[set][0].need(count), planes[set][1].need(count), planes[set][2].need(count)}};
  }
};

}  // namespace sct::augment
