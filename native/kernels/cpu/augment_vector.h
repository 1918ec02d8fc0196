// The kernels of sct_augment over a vector type V, which an including file defines.
//
// Everything is in an unnamed namespace: each file that includes this has its own copy, compiled
// for its own instruction set. Nothing of the C++ library is used, for the same reason.
#pragma once

#include "cpu/augment.h"
#include "cpu/augment_vector_blur.h"
#include "cpu/augment_vector_ops.h"
#include "cpu/augment_vector_resample.h"
#include "cpu/augment_vector_write.h"

namespace sct::augment {
namespace {

template <class V>
constexpr Kernels kKernels = {V::kWidth, resample<V>, run<V>, blur<V>, write<V>};

}  // namespace
}  // namespace sct::augment
