#include "cpu/nt_xent_pass.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>

#include "sct/augment.h"

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
// the players of a round-robin tournament do, in 2 T - 1 rounds of T matches. In the first round
// each block is passed to before(block), and meets itself; in the last one to after(block).
template <class Before, class Body, class After>
void for_pairs(const Kernels& kernels, const Layout& layout, int64_t buffer_floats,
               const Before& before, const Body& body, const After& after) {
  const int64_t threads =
      std::clamp<int64_t>(layout.panels / 2, 1, static_cast<int64_t>(at::get_num_threads()));
  // The last block stays in its place, the others go round.
  const int64_t circle = 2 * threads - 1;
  const auto block = [&](int64_t i) {
    const int64_t view = i / threads;
    const Range panels = {view * layout.panels, (view + 1) * layout.panels};
    return part_of(panels, i % threads, threads);
  };
  for (int64_t round = 0; round < circle; round++) {
    at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
      const Buffer buffer(buffer_floats);
      const auto meet = [&](Range a, Range b) {
        for_tiles(a, b, kernels.tile,
                  [&](Range rows, Range columns) { body(buffer.data(), rows, columns); });
      };
      for (int64_t match = begin; match < end; match++) {
        const int64_t i = (round + match) % circle;
        const int64_t j = match == 0 ? circle : (round + circle - match) % circle;
        const Range a = block(std::min(i, j));
        const Range b = block(std::max(i, j));
        for (const Range& own : {a, b}) {
          if (round == 0) {
            before(own);
            meet(own, own);
          }
        }
        meet(a, b);
        for (const Range& own : {a, b}) {
          if (round == circle - 1) {
            after(own);
          }
        }
      }
    });
  }
}

// A panel of `layout`: its first row among the padded ones and in the input, and how many rows of
// the input it has.
struct Place {
  int64_t padded;
  int64_t row;
  int64_t rows;
};

Place place_of(const Kernels& kernels, const Layout& layout, int64_t panel) {
  const int64_t before = panel % layout.panels * kernels.width;
  return {panel * kernels.width, panel / layout.panels * layout.images + before,
          std::min<int64_t>(layout.images - before, kernels.width)};
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

void forward(const Kernels& kernels, const Forward& pass, const float* v, double* norm) {
  const auto pack = [&](Range block) {
    for (int64_t panel = block.begin; panel < block.end; panel++) {
      const Place place = place_of(kernels, pass.layout, panel);
      kernels.pack(v + place.row * pass.layout.columns, place.rows, pass.layout,
                   norm + place.padded, pass.unit + place.padded * pass.layout.depth);
    }
  };
  for_pairs(
      kernels, pass.layout, 0, pack,
      [&](float*, Range rows, Range columns) { kernels.forward(pass, rows, columns); },
      [](Range) {});
}

void backward(const Kernels& kernels, const Backward& pass, const double* norm, double scale,
              float* out) {
  const int64_t side = static_cast<int64_t>(kernels.tile) * kernels.width;
  const int64_t size = pass.layout.depth * kernels.width;
  const auto clear = [&](Range block) {
    std::fill(pass.grad + block.begin * size, pass.grad + block.end * size, 0.0F);
  };
  const auto unpack = [&](Range block) {
    for (int64_t panel = block.begin; panel < block.end; panel++) {
      const Place place = place_of(kernels, pass.layout, panel);
      kernels.unpack(pass.unit + panel * size, norm + place.padded, place.rows, pass.layout, scale,
                     pass.grad + panel * size, out + place.row * pass.layout.columns);
    }
  };
  for_pairs(
      kernels, pass.layout, 2 * side * side, clear,
      [&](float* buffer, Range rows, Range columns) {
        kernels.backward(pass, rows, columns, buffer);
      },
      unpack);
}

}  // namespace sct::nt_xent
