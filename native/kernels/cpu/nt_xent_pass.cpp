#include "cpu/nt_xent_pass.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>
#include <vector>

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

Range panels_of(const Layout& layout) { return {0, layout.views * layout.panels}; }

int64_t tiles_of(Range range, int64_t tile) { return (range.end - range.begin + tile - 1) / tile; }

// Calls body(rows, columns) for all pairs of tiles of two blocks.
template <class Body>
void for_tiles(Range rows, Range columns, int64_t tile, const Body& body) {
  for (int64_t r = 0; r < tiles_of(rows, tile); r++) {
    for (int64_t c = 0; c < tiles_of(columns, tile); c++) {
      body(part_of(rows, r, tiles_of(rows, tile)), part_of(columns, c, tiles_of(columns, tile)));
    }
  }
}

// The same of a block with itself, once for each unordered pair.
template <class Body>
void for_tiles_of_itself(Range block, int64_t tile, const Body& body) {
  const int64_t tiles = tiles_of(block, tile);
  for (int64_t r = 0; r < tiles; r++) {
    for (int64_t c = r; c < tiles; c++) {
      body(part_of(block, r, tiles), part_of(block, c, tiles));
    }
  }
}

// Calls body(buffer, rows, columns) for all pairs of tiles of panels, on all threads, so that no
// two threads work on the same panels at a time: what belongs to a panel needs no lock, no atomic
// and no copy for each thread. The panels are 2 T blocks for T threads, which meet each other as
// the players of a round-robin tournament do, in 2 T - 1 rounds of T matches. In the first round
// each block is passed to before(buffer, block), and meets itself; in the last one to after(block).
template <class Before, class Body, class After>
void for_pairs(const Kernels& kernels, const Layout& layout, int64_t buffer_floats,
               const Before& before, const Body& body, const After& after) {
  const Range panels = panels_of(layout);
  const int64_t threads =
      std::clamp<int64_t>(panels.end / 4, 1, static_cast<int64_t>(at::get_num_threads()));
  // The last block stays in its place, the others go round.
  const int64_t circle = 2 * threads - 1;
  const auto block = [&](int64_t i) { return part_of(panels, i, circle + 1); };
  for (int64_t round = 0; round < circle; round++) {
    at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
      const Buffer buffer(buffer_floats);
      const auto meet = [&](Range rows, Range columns) { body(buffer.data(), rows, columns); };
      for (int64_t match = begin; match < end; match++) {
        const int64_t i = (round + match) % circle;
        const int64_t j = match == 0 ? circle : (round + circle - match) % circle;
        const Range a = block(std::min(i, j));
        const Range b = block(std::max(i, j));
        for (const Range& own : {a, b}) {
          if (round == 0) {
            before(buffer.data(), own);
            for_tiles_of_itself(own, kernels.tile, meet);
          }
        }
        for_tiles(a, b, kernels.tile, meet);
        for (const Range& own : {a, b}) {
          if (round == circle - 1) {
            after(own);
          }
        }
      }
    });
  }
}

// Column of a panel: the row that is the given one among the padded rows.
const float* column_of(const Kernels& kernels, const Layout& layout, const float* unit,
                       int64_t padded) {
  return unit + padded / kernels.width * kernels.width * layout.depth + padded % kernels.width;
}

// What the gradient of a panel starts with where there are groups: its positives.
void begin_with_positives(const Kernels& kernels, const Backward& pass, const Place& place) {
  const int64_t depth = pass.layout.depth;
  const int64_t width = kernels.width;
  for (int64_t r = 0; r < place.rows; r++) {
    const double* sum = pass.groups.sum + pass.groups.group[place.row + r] * depth;
    const double weight = pass.groups.weight[place.row + r];
    const float* unit = pass.unit + place.padded * depth + r;
    float* grad = pass.grad + place.padded * depth + r;
    for (int64_t d = 0; d < depth; d++) {
      grad[d * width] = static_cast<float>((unit[d * width] - sum[d]) * weight);
    }
  }
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

Layout layout_of(const Kernels& kernels, int64_t views, int64_t images, int64_t columns,
                 double eps) {
  return {views,
          images,
          columns,
          (columns + kernels.depth - 1) / kernels.depth * kernels.depth,
          (images + kernels.width - 1) / kernels.width,
          eps};
}

Place place_of(const Kernels& kernels, const Layout& layout, int64_t panel) {
  const int64_t before = panel % layout.panels * kernels.width;
  return {panel * kernels.width, panel / layout.panels * layout.images + before,
          std::min<int64_t>(layout.images - before, kernels.width)};
}

int64_t padded_of(const Kernels& kernels, const Layout& layout, int64_t row) {
  return row / layout.images * layout.panels * kernels.width + row % layout.images;
}

int64_t padded_rows(const Kernels& kernels, const Layout& layout) {
  return layout.views * layout.panels * kernels.width;
}

void pack(const Kernels& kernels, const Layout& layout, const float* v, float* unit) {
  at::parallel_for(0, layout.views * layout.panels, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> norm(static_cast<size_t>(kernels.width));
    for (int64_t panel = begin; panel < end; panel++) {
      const Place place = place_of(kernels, layout, panel);
      kernels.pack(v + place.row * layout.columns, place.rows, layout, norm.data(),
                   unit + place.padded * layout.depth);
    }
  });
}

void forward(const Kernels& kernels, const Forward& pass, const float* v, double* norm,
             const std::function<void(int64_t panel)>& done) {
  const auto begin = [&](float*, Range block) {
    for (int64_t panel = block.begin; panel < block.end; panel++) {
      const Place place = place_of(kernels, pass.layout, panel);
      kernels.pack(v + place.row * pass.layout.columns, place.rows, pass.layout,
                   norm + place.padded, pass.unit + place.padded * pass.layout.depth);
    }
    for_tiles(block, panels_of(pass.others.layout), kernels.tile,
              [&](Range rows, Range others) { kernels.forward_others(pass, rows, others); });
  };
  for_pairs(
      kernels, pass.layout, 0, begin,
      [&](float*, Range rows, Range columns) { kernels.forward(pass, rows, columns); },
      [&](Range block) {
        for (int64_t panel = block.begin; panel < block.end; panel++) {
          done(panel);
        }
      });
}

void add_groups(const Kernels& kernels, const Layout& layout, const float* unit,
                const int64_t* group, double* sum) {
  for (int64_t i = 0; i < layout.views * layout.images; i++) {
    const float* row = column_of(kernels, layout, unit, padded_of(kernels, layout, i));
    double* to = sum + group[i] * layout.depth;
    for (int64_t d = 0; d < layout.depth; d++) {
      to[d] += row[d * kernels.width];
    }
  }
}

double cosine_sum(const Kernels& kernels, const Layout& layout, const float* unit, int64_t row,
                  const double* sum) {
  const float* u = column_of(kernels, layout, unit, padded_of(kernels, layout, row));
  double total = 0;
  for (int64_t d = 0; d < layout.depth; d++) {
    const double x = u[d * kernels.width];
    total += x * (sum[d] - x);
  }
  return total;
}

void backward(const Kernels& kernels, const Backward& pass, const double* norm, double scale,
              float* out) {
  const int64_t side = static_cast<int64_t>(kernels.tile) * kernels.width;
  const int64_t size = pass.layout.depth * kernels.width;
  const auto begin = [&](float* buffer, Range block) {
    std::fill(pass.grad + block.begin * size, pass.grad + block.end * size, 0.0F);
    for (int64_t panel = block.begin; panel < block.end && pass.groups.group != nullptr; panel++) {
      begin_with_positives(kernels, pass, place_of(kernels, pass.layout, panel));
    }
    for_tiles(block, panels_of(pass.others.layout), kernels.tile, [&](Range rows, Range others) {
      kernels.backward_others(pass, rows, others, buffer);
    });
  };
  const auto unpack = [&](Range block) {
    for (int64_t panel = block.begin; panel < block.end; panel++) {
      const Place place = place_of(kernels, pass.layout, panel);
      kernels.unpack(pass.unit + panel * size, norm + place.padded, place.rows, pass.layout, scale,
                     pass.grad + panel * size, out + place.row * pass.layout.columns);
    }
  };
  for_pairs(
      kernels, pass.layout, 2 * side * side, begin,
      [&](float* buffer, Range rows, Range columns) {
        kernels.backward(pass, rows, columns, buffer);
      },
      unpack);
}

}  // namespace sct::nt_xent
