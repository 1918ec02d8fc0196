#include "cpu/nt_xent_pass.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "cpu/isa.h"

namespace sct::nt_xent {
namespace {

constexpr int64_t kAlignment = 64;

// Scratch memory of a thread, for whole vectors.
class Buffer {
 public:
  explicit Buffer(int64_t floats)
      : memory_(new char[static_cast<size_t>(floats) * sizeof(float) + kAlignment]) {}

  float* data() const {
    const auto address = reinterpret_cast<uintptr_t>(memory_.get());
    return reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
  }

 private:
  std::unique_ptr<char[]> memory_;
};

// Part i of `parts` nearly equal ones.
Range part_of(Range whole, int64_t i, int64_t parts) {
  const int64_t count = whole.end - whole.begin;
  return {whole.begin + count * i / parts, whole.begin + count * (i + 1) / parts};
}

// Calls body(rows, columns) for all pairs of tiles of two blocks, once for each unordered pair
// where both are the same block.
template <class Body>
void for_tiles(Range rows, Range columns, int64_t tile, const Body& body) {
  const auto tiles = [&](Range range) { return (range.end - range.begin + tile - 1) / tile; };
  for (int64_t r = 0; r < tiles(rows); r++) {
    const Range row_tile = part_of(rows, r, tiles(rows));
    for (int64_t c = rows.begin == columns.begin ? r : 0; c < tiles(columns); c++) {
      body(row_tile, part_of(columns, c, tiles(columns)));
    }
  }
}

// Calls body(buffer, rows, columns) for all pairs of tiles of panels, on all threads, so that no
// two threads work on the same panels at a time: what belongs to a panel needs no lock, no atomic
// and no copy for each thread. The panels are 2 T blocks for T threads, which meet each other as
// the players of a round-robin tournament do, in 2 T - 1 rounds of T matches; in the first round
// each block also meets itself.
template <class Body>
void for_pairs(const Kernels& kernels, const Layout& layout, int64_t buffer_floats,
               const Body& body) {
  const int64_t threads =
      std::clamp<int64_t>(layout.panels / 2, 1, static_cast<int64_t>(at::get_num_threads()));
  const int64_t blocks = 2 * threads;
  const auto block = [&](int64_t i) {
    const int64_t view = i / threads;
    const Range panels = {view * layout.panels, (view + 1) * layout.panels};
    return part_of(panels, i % threads, threads);
  };
  for (int64_t round = 0; round < blocks - 1; round++) {
    at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
      const Buffer buffer(buffer_floats);
      const auto meet = [&](int64_t a, int64_t b) {
        for_tiles(block(a), block(b), kernels.tile,
                  [&](Range rows, Range columns) { body(buffer.data(), rows, columns); });
      };
      for (int64_t match = begin; match < end; match++) {
        // The last block stays, the others go round.
        const int64_t circle = blocks - 1;
        const int64_t a = (round + match) % circle;
        const int64_t b = match == 0 ? circle : (round + circle - match) % circle;
        if (round == 0) {
          meet(a, a);
          meet(b, b);
        }
        meet(std::min(a, b), std::max(a, b));
      }
    });
  }
}

// Calls body(panel, rows, first): a panel, its rows of the input and the first of them.
template <class Body>
void for_panels(const Kernels& kernels, const Layout& layout, const Body& body) {
  at::parallel_for(0, 2 * layout.panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++) {
      const int64_t before = panel % layout.panels * kernels.width;
      body(panel, std::min<int64_t>(layout.images - before, kernels.width),
           panel / layout.panels * layout.images + before);
    }
  });
}

}  // namespace

const Kernels& kernels_of(int32_t isa) {
  switch (isa) {
    case SCT_ISA_AVX512:
      return avx512_kernels();
    case SCT_ISA_AVX2:
      return avx2_kernels();
    default:
      return scalar_kernels();
  }
}

Layout layout_of(const Kernels& kernels, int64_t images, int64_t columns) {
  return {images, columns, (columns + kernels.depth - 1) / kernels.depth * kernels.depth,
          (images + kernels.width - 1) / kernels.width};
}

int64_t padded_rows(const Kernels& kernels, const Layout& layout) {
  return 2 * layout.panels * kernels.width;
}

void pack(const Kernels& kernels, const Layout& layout, const float* v, double* norm, float* unit) {
  for_panels(kernels, layout, [&](int64_t panel, int64_t rows, int64_t first) {
    const int64_t row = panel * kernels.width;
    kernels.pack(v + first * layout.columns, rows, layout, norm + row, unit + row * layout.depth);
  });
}

void forward(const Kernels& kernels, const Forward& pass) {
  for_pairs(kernels, pass.layout, 0,
            [&](float*, Range rows, Range columns) { kernels.forward(pass, rows, columns); });
}

void backward(const Kernels& kernels, const Backward& pass) {
  const int64_t side = static_cast<int64_t>(kernels.tile) * kernels.width;
  for_panels(kernels, pass.layout, [&](int64_t panel, int64_t, int64_t) {
    const int64_t size = pass.layout.depth * kernels.width;
    std::fill_n(pass.grad + panel * size, size, 0.0F);
  });
  for_pairs(kernels, pass.layout, 2 * side * side, [&](float* buffer, Range rows, Range columns) {
    kernels.backward(pass, rows, columns, buffer);
  });
}

void unpack(const Kernels& kernels, const Layout& layout, const float* unit, const double* norm,
            double scale, float* grad, float* out) {
  for_panels(kernels, layout, [&](int64_t panel, int64_t rows, int64_t first) {
    const int64_t row = panel * kernels.width;
    const int64_t at = row * layout.depth;
    kernels.unpack(unit + at, norm + row, rows, layout, scale, grad + at,
                   out + first * layout.columns);
  });
}

}  // namespace sct::nt_xent
