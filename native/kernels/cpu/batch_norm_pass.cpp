#include "cpu/batch_norm_pass.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "cpu/isa.h"

namespace sct::batch_norm {
namespace {

// A piece is small enough that there are some for each thread, and large enough that its sums,
// which are kept for each piece, are few.
constexpr int64_t kLeastPieceBytes = 128 * 1024;
constexpr int64_t kMostPieces = 256;

// From here on rows are long enough as they are.
constexpr int64_t kMostFolded = 256;

// Rows whose mean is subtracted before squares are summed.
constexpr int64_t kOriginRows = 64;

int64_t divided_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How a matrix is cut.
class Pieces {
 public:
  explicit Pieces(const Matrix& matrix)
      : matrix_(matrix),
        fold_(matrix.channels >= kMostFolded ? 1 : kFold / std::gcd(matrix.channels, kFold)) {
    const int64_t row_bytes = matrix.channels * element_bytes();
    const int64_t bytes =
        std::max(kLeastPieceBytes, divided_up(matrix.rows * row_bytes, kMostPieces));
    rows_ = divided_up(divided_up(bytes, row_bytes), fold_) * fold_;
    count_ = divided_up(matrix.rows, rows_);
  }

  int64_t count() const { return count_; }
  int64_t width() const { return fold_ * matrix_.channels; }

  // Of each column, what `values` has for its channel.
  std::vector<float> folded(const float* values) const {
    std::vector<float> out(static_cast<size_t>(width()));
    for (int64_t f = 0; f < fold_; f++) {
      std::copy_n(values, matrix_.channels, out.begin() + f * matrix_.channels);
    }
    return out;
  }

  // Adds up the columns of each channel.
  void unfold(const std::vector<double>& columns, double* out) const {
    std::copy_n(columns.begin(), matrix_.channels, out);
    for (int64_t i = matrix_.channels; i < width(); i++) {
      out[i % matrix_.channels] += columns[static_cast<size_t>(i)];
    }
  }

  int64_t rows_of(int64_t piece) const { return std::min(rows_, matrix_.rows - piece * rows_); }

  // Calls body(first byte, shape) for the rows of a piece: folded ones, then what is left.
  template <class Body>
  void visit(int64_t piece, const Body& body) const {
    const int64_t rows = rows_of(piece);
    const int64_t first = piece * rows_;
    const int64_t whole = rows / fold_;
    if (whole > 0) {
      body(byte(first), Shape{whole, width()});
    }
    if (rows % fold_ > 0) {
      body(byte(first + whole * fold_), Shape{rows % fold_, matrix_.channels});
    }
  }

  // The start of a piece, as rows that are not folded.
  template <class Body>
  void visit_origin(int64_t piece, const Body& body) const {
    body(byte(piece * rows_), Shape{std::min(kOriginRows, rows_of(piece)), matrix_.channels});
  }

 private:
  int64_t element_bytes() const { return matrix_.bfloat16 ? 2 : 4; }
  int64_t byte(int64_t row) const { return row * matrix_.channels * element_bytes(); }

  Matrix matrix_;
  int64_t fold_;
  int64_t rows_;
  int64_t count_;
};

const void* at(const void* data, int64_t byte) { return static_cast<const char*>(data) + byte; }
void* at(void* data, int64_t byte) { return static_cast<char*>(data) + byte; }

// Constants of channels, for each column.
class FoldedColumns {
 public:
  FoldedColumns(const Pieces& pieces, const Columns& columns)
      : mean_(pieces.folded(columns.mean)),
        scale_(pieces.folded(columns.scale)),
        shift_(pieces.folded(columns.shift)) {}

  Columns get() const { return {mean_.data(), scale_.data(), shift_.data()}; }

 private:
  std::vector<float> mean_, scale_, shift_;
};

// Calls body(piece) for all pieces, on all threads.
template <class Body>
void for_pieces(const Pieces& pieces, const Body& body) {
  at::parallel_for(0, pieces.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; piece++) {
      body(piece);
    }
  });
}

// The same from the last to the first: what a thread has read at the end of the pass before is
// still in a cache.
template <class Body>
void for_pieces_back(const Pieces& pieces, const Body& body) {
  at::parallel_for(0, pieces.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = end - 1; piece >= begin; piece--) {
      body(piece);
    }
  });
}

// Of one piece, into mean and square [channels].
void piece_statistics(const Kernels& kernels, const Pieces& pieces, int64_t channels, int64_t piece,
                      const void* x, double* mean, double* square) {
  const auto width = static_cast<size_t>(pieces.width());
  std::vector<float> origin(width);
  std::vector<double> sum(width);
  std::vector<double> squares(width);
  const auto run = [&](int64_t byte, Shape shape) {
    kernels.statistics({at(x, byte), origin.data(), sum.data(), squares.data()}, shape);
  };
  pieces.visit_origin(piece, [&](int64_t byte, Shape shape) {
    run(byte, shape);
    for (int64_t c = 0; c < channels; c++) {
      mean[c] = sum[static_cast<size_t>(c)] / static_cast<double>(shape.rows);
    }
  });
  for (size_t i = 0; i < width; i++) {
    origin[i] = static_cast<float>(mean[i % static_cast<size_t>(channels)]);
  }
  std::fill(sum.begin(), sum.end(), 0);
  std::fill(squares.begin(), squares.end(), 0);
  pieces.visit(piece, run);
  pieces.unfold(sum, mean);
  pieces.unfold(squares, square);
  const auto rows = static_cast<double>(pieces.rows_of(piece));
  for (int64_t c = 0; c < channels; c++) {
    const double beyond = mean[c] / rows;
    // Not std::max in the other order, which would lose NaN.
    square[c] = std::max(square[c] - mean[c] * beyond, 0.0);
    mean[c] = origin[static_cast<size_t>(c)] + beyond;
  }
}

}  // namespace

const Kernels& kernels_of(int32_t isa, bool bfloat16) {
  switch (isa) {
    case SCT_ISA_AVX512:
      return avx512_kernels(bfloat16);
    case SCT_ISA_AVX2:
      return avx2_kernels(bfloat16);
    default:
      return scalar_kernels(bfloat16);
  }
}

void merge(double count, double other_count, int64_t channels, const double* other_mean,
           const double* other_square, double* mean, double* square) {
  const double share = other_count / (count + other_count);
  for (int64_t c = 0; c < channels; c++) {
    const double apart = other_mean[c] - mean[c];
    mean[c] += apart * share;
    square[c] += other_square[c] + apart * apart * (count * share);
  }
}

void statistics(const Kernels& kernels, const Matrix& matrix, const void* x, double* mean,
                double* square) {
  const Pieces pieces(matrix);
  const int64_t channels = matrix.channels;
  std::vector<double> parts(static_cast<size_t>(pieces.count() * 2 * channels));
  for_pieces(pieces, [&](int64_t piece) {
    double* part = parts.data() + piece * 2 * channels;
    piece_statistics(kernels, pieces, channels, piece, x, part, part + channels);
  });
  std::copy_n(parts.data(), channels, mean);
  std::copy_n(parts.data() + channels, channels, square);
  auto count = static_cast<double>(pieces.rows_of(0));
  for (int64_t piece = 1; piece < pieces.count(); piece++) {
    const double* part = parts.data() + piece * 2 * channels;
    const auto rows = static_cast<double>(pieces.rows_of(piece));
    merge(count, rows, channels, part, part + channels, mean, square);
    count += rows;
  }
}

void apply(const Kernels& kernels, const Matrix& matrix, const Apply& pass, Then then) {
  const Pieces pieces(matrix);
  const FoldedColumns columns(pieces, pass.columns);
  for_pieces_back(pieces, [&](int64_t piece) {
    pieces.visit(piece, [&](int64_t byte, Shape shape) {
      const void* shortcut = then == Then::kAddRelu ? at(pass.shortcut, byte) : nullptr;
      kernels.apply({at(pass.x, byte), shortcut, columns.get(), at(pass.y, byte)}, shape, then);
    });
  });
}

void reduce(const Kernels& kernels, const Matrix& matrix, const Reduce& pass, Then then) {
  const Pieces pieces(matrix);
  const FoldedColumns columns(pieces, pass.columns);
  const int64_t channels = matrix.channels;
  std::vector<double> parts(static_cast<size_t>(pieces.count() * 2 * channels));
  for_pieces(pieces, [&](int64_t piece) {
    std::vector<double> sum(static_cast<size_t>(pieces.width()));
    std::vector<double> product(static_cast<size_t>(pieces.width()));
    pieces.visit(piece, [&](int64_t byte, Shape shape) {
      Reduce part = pass;
      part.x = at(pass.x, byte);
      part.dy = at(pass.dy, byte);
      part.columns = columns.get();
      part.sum = sum.data();
      part.product = product.data();
      if (then == Then::kAddRelu) {
        part.y = at(pass.y, byte);
        part.dz = at(pass.dz, byte);
      }
      kernels.reduce(part, shape, then);
    });
    double* part = parts.data() + piece * 2 * channels;
    pieces.unfold(sum, part);
    pieces.unfold(product, part + channels);
  });
  std::fill_n(pass.sum, channels, 0);
  std::fill_n(pass.product, channels, 0);
  for (int64_t piece = 0; piece < pieces.count(); piece++) {
    const double* part = parts.data() + piece * 2 * channels;
    for (int64_t c = 0; c < channels; c++) {
      pass.sum[c] += part[c];
      pass.product[c] += part[channels + c];
    }
  }
}

void apply_gradient(const Kernels& kernels, const Matrix& matrix, const ApplyGradient& pass,
                    Then then) {
  const Pieces pieces(matrix);
  const FoldedColumns columns(pieces, pass.columns);
  const std::vector<float> along = pieces.folded(pass.along);
  const std::vector<float> constant = pieces.folded(pass.constant);
  for_pieces_back(pieces, [&](int64_t piece) {
    pieces.visit(piece, [&](int64_t byte, Shape shape) {
      kernels.apply_gradient({at(pass.x, byte), at(pass.dy, byte), columns.get(), along.data(),
                              constant.data(), at(pass.dx, byte)},
                             shape, then);
    });
  });
}

}  // namespace sct::batch_norm
