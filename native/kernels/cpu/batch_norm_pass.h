// The passes of batch normalisation over a whole matrix, on the threads of at::parallel_for.
//
// Same bits on every run with any number of threads: rows are cut into pieces by the size of the
// matrix alone, and what the pieces give is added in their order, in double precision.
#pragma once

#include "cpu/batch_norm.h"

namespace sct::batch_norm {

// The kernels of an instruction set that the machine has.
const Kernels& kernels_of(int32_t isa, bool bfloat16);

// [rows, channels] contiguous elements. All arrays below have an entry for each channel.
struct Matrix {
  int64_t rows;
  int64_t channels;
  bool bfloat16;
};

// The mean of each channel, and its sum of (x - mean)^2.
void statistics(const Kernels& kernels, const Matrix& matrix, const void* x, double* mean,
                double* square);

void apply(const Kernels& kernels, const Matrix& matrix, const Apply& pass, Then then);

// Sets the sums of `pass`.
void reduce(const Kernels& kernels, const Matrix& matrix, const Reduce& pass, Then then);

void apply_gradient(const Kernels& kernels, const Matrix& matrix, const ApplyGradient& pass,
                    Then then);

// Adds the mean and the sum of squares of `other_count` numbers to those of `count` others (Chan,
// Golub and LeVeque 1983, equation 2.1).
void merge(double count, double other_count, int64_t channels, const double* other_mean,
           const double* other_square, double* mean, double* square);

}  // namespace sct::batch_norm
