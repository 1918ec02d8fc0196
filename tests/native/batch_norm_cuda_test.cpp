// Batch normalisation as on a GPU, with the host in its place, against the formulas of the paper
// (Ioffe and Szegedy 2015, arXiv 1502.03167) in double precision.
//
// The code around the kernels is that of the GPU, with tensors of the CPU. What the kernels do is
// done by their own functions: lanes, which a GPU may run in any order between barriers, run first
// to last or last to first, with the same bits.
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "cuda/batch_norm_channel.h"
#include "cuda/batch_norm_lane.h"
#include "detail/batch_norm_cuda.h"
#include "detail/cuda_table.h"
#include "detail/guard.h"
#include "played_group.h"

namespace gpu = sct::batch_norm::cuda;

using at::Tensor;
using sct::batch_norm::Then;

namespace {

constexpr double kMomentum = 0.3;
constexpr double kEps = 1e-5;

int failures = 0;

void check(bool holds, const std::string& what) {
  if (!holds) {
    std::fprintf(stderr, "not true: %s\n", what.c_str());
    failures++;
  }
}

enum class Order { kForward, kBackward };

Order order = Order::kForward;

// What the launches since the last look were.
int64_t wide_passes = 0;
int64_t narrow_passes = 0;
int32_t most_parts = 0;
int32_t most_blocks = 0;

// Calls body(i) for i below `count`.
template <class Body>
void each(int32_t count, const Body& body) {
  for (int32_t i = 0; i < count; i++) {
    body(order == Order::kForward ? i : count - 1 - i);
  }
}

template <class Lane>
void add_up(std::vector<Lane>& lanes, int32_t across) {
  for (int32_t half = gpu::kLanes / 2; half >= across; half /= 2) {
    each(gpu::kLanes, [&](int32_t lane) { gpu::take_over(lanes.data(), lane, half); });
  }
}

// Calls body(layout, block, part) for each block of threads.
template <class Body>
void each_block(const gpu::Matrix& matrix, const Body& body) {
  const gpu::Layout layout = gpu::layout_of(matrix);
  (matrix.wide ? wide_passes : narrow_passes)++;
  most_parts = std::max(most_parts, layout.parts);
  most_blocks = std::max(most_blocks, layout.blocks);
  each(layout.parts, [&](int32_t part) {
    each(layout.blocks, [&](int32_t block) { body(layout, block, part); });
  });
}

// What `lane_of` says of the lanes, added up and written as a part.
template <class Format, class Pass, class LaneOf>
void parts_on_host(const Pass& pass, const LaneOf& lane_of) {
  using Lane = decltype(lane_of(gpu::Layout(), gpu::Place()));
  each_block(pass.matrix, [&](const gpu::Layout& layout, int32_t block, int32_t part) {
    std::vector<Lane> lanes(gpu::kLanes);
    each(gpu::kLanes, [&](int32_t lane) {
      lanes[static_cast<size_t>(lane)] = lane_of(layout, gpu::Place{block, part, lane});
    });
    add_up(lanes, layout.across);
    each(gpu::kLanes, [&](int32_t lane) {
      gpu::write_part<Format>(pass, layout, {block, part, lane}, lanes[static_cast<size_t>(lane)]);
    });
  });
}

template <class Lane, class Pass>
void added_on_host(const Pass& pass) {
  const gpu::Layout layout = gpu::layout_of(pass.matrix);
  const int64_t blocks = (pass.matrix.channels + gpu::kAddedChannels - 1) / gpu::kAddedChannels;
  each(static_cast<int32_t>(blocks), [&](int32_t block) {
    std::vector<Lane> lanes(gpu::kLanes);
    each(gpu::kLanes, [&](int32_t lane) {
      lanes[static_cast<size_t>(lane)] = gpu::added_of_lane(pass, layout, block, lane);
    });
    add_up(lanes, gpu::kAddedChannels);
    each(gpu::kAddedChannels, [&](int32_t lane) {
      if (gpu::channel_of(block, lane) < pass.matrix.channels) {
        gpu::finish_of_channel(pass, gpu::channel_of(block, lane),
                               lanes[static_cast<size_t>(lane)]);
      }
    });
  });
}

void statistics_on_host(const gpu::Statistics& pass, int32_t) {
  gpu::with_format(pass.matrix, [&](auto format) {
    using Format = decltype(format);
    parts_on_host<Format>(pass, [&](const gpu::Layout& layout, gpu::Place place) {
      return gpu::moments_of_lane<Format>(pass, layout, place);
    });
  });
  added_on_host<gpu::Moments>(pass);
}

void normalization_on_host(const gpu::Normalization& pass, int32_t) {
  each(static_cast<int32_t>(pass.channels),
       [&](int32_t channel) { gpu::normalization_of_channel(pass, channel); });
}

void evaluation_on_host(const gpu::Evaluation& pass, int32_t) {
  each(static_cast<int32_t>(pass.channels),
       [&](int32_t channel) { gpu::evaluation_of_channel(pass, channel); });
}

void apply_on_host(const gpu::Apply& pass, int32_t) {
  gpu::with_format(pass.matrix, [&](auto format) {
    gpu::with_then(pass.then, [&](auto following) {
      each_block(pass.matrix, [&](const gpu::Layout& layout, int32_t block, int32_t part) {
        each(gpu::kLanes, [&](int32_t lane) {
          gpu::apply_of_lane<decltype(format), decltype(following)::kThen>(pass, layout,
                                                                           {block, part, lane});
        });
      });
    });
  });
}

void reduce_on_host(const gpu::Reduce& pass, int32_t) {
  gpu::with_format(pass.matrix, [&](auto format) {
    using Format = decltype(format);
    gpu::with_then(pass.then, [&](auto following) {
      parts_on_host<Format>(pass, [&](const gpu::Layout& layout, gpu::Place place) {
        return gpu::sums_of_lane<Format, decltype(following)::kThen>(pass, layout, place);
      });
    });
  });
  added_on_host<gpu::Sums>(pass);
}

void apply_gradient_on_host(const gpu::ApplyGradient& pass, int32_t) {
  each(static_cast<int32_t>(pass.matrix.channels),
       [&](int32_t channel) { gpu::slopes_of_channel(pass, channel); });
  gpu::with_format(pass.matrix, [&](auto format) {
    gpu::with_then(pass.then, [&](auto following) {
      each_block(pass.matrix, [&](const gpu::Layout& layout, int32_t block, int32_t part) {
        each(gpu::kLanes, [&](int32_t lane) {
          gpu::gradient_of_lane<decltype(format), decltype(following)::kThen>(pass, layout,
                                                                              {block, part, lane});
        });
      });
    });
  });
}

// What a step is given, x, shortcut and dy of one dtype, parameters [C] or not defined.
struct Inputs {
  Tensor x, shortcut, dy, weight, bias, running_mean, running_var;
  Then then = Then::kNothing;
};

struct Outcome {
  Tensor y, dx, dshortcut, dweight, dbias, running_mean, running_var;
};

std::optional<Tensor> leaf(const Tensor& t) {
  return t.defined() ? std::optional(t.detach().set_requires_grad(true)) : std::nullopt;
}

sct::BatchNormTensors tensors_of(const Inputs& in) {
  sct::BatchNormTensors t = {*leaf(in.x),   std::nullopt, leaf(in.weight),
                             leaf(in.bias), std::nullopt, std::nullopt};
  if (in.then == Then::kAddRelu) {
    t.shortcut = leaf(in.shortcut);
  }
  if (in.running_mean.defined()) {
    t.running_mean = in.running_mean.clone();
    t.running_var = in.running_var.clone();
  }
  return t;
}

Tensor grad_of(const std::optional<Tensor>& t) { return t.has_value() ? t->grad() : Tensor(); }

Outcome as_on_gpu(const Inputs& in,
                  const c10::intrusive_ptr<sct::Collective>& group = sct::alone()) {
  const sct::BatchNormTensors t = tensors_of(in);
  const Tensor y = sct::batch_norm_cuda(t, in.then, kMomentum, kEps, group);
  y.backward(in.dy);
  return {y.detach(),
          t.x.grad(),
          grad_of(t.shortcut),
          grad_of(t.weight),
          grad_of(t.bias),
          t.running_mean.value_or(Tensor()),
          t.running_var.value_or(Tensor())};
}

// The shape with which [C] goes along dimension 1 of `x`.
std::vector<int64_t> along_channels(const Tensor& x) {
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  shape[1] = -1;
  return shape;
}

std::vector<int64_t> all_but_channels(const Tensor& x) {
  return x.dim() == 2 ? std::vector<int64_t>{0} : std::vector<int64_t>{0, 2, 3};
}

Tensor wide_or(const Tensor& t, const Tensor& x, double otherwise) {
  return t.defined() ? t.to(at::kDouble).view(along_channels(x))
                     : at::full({1}, otherwise, at::kDouble).view(along_channels(x));
}

// In double precision. `scale` [C] is that of errors in dx, and those of the gradients of the
// parameters are relative to the sums of absolute values, those of means to the deviation.
struct Exact : Outcome {
  Tensor scale, size_of_dweight, size_of_dbias, deviation;
};

// What the output is before ReLU, in double precision.
Tensor before_relu(const Inputs& in) {
  const Tensor x = in.x.to(at::kDouble);
  const auto over = all_but_channels(x);
  const Tensor beyond = x.sub(x.mean(over, /*keepdim=*/true));
  const Tensor scale = beyond.square().mean(over, /*keepdim=*/true).add(kEps).rsqrt();
  const Tensor z = beyond.mul(scale).mul(wide_or(in.weight, x, 1)).add(wide_or(in.bias, x, 0));
  return in.then == Then::kAddRelu ? z.add(in.shortcut.to(at::kDouble)) : z;
}

Exact by_formulas(const Inputs& in) {
  const Tensor x = in.x.to(at::kDouble);
  const Tensor dy = in.dy.to(at::kDouble);
  const auto over = all_but_channels(x);
  const auto n = static_cast<double>(x.numel()) / static_cast<double>(x.size(1));
  const Tensor weight = wide_or(in.weight, x, 1);
  Exact out;
  const Tensor mean = x.mean(over, /*keepdim=*/true);
  const Tensor var = x.sub(mean).square().mean(over, /*keepdim=*/true);
  const Tensor invstd = var.add(kEps).rsqrt();
  const Tensor xhat = x.sub(mean).mul(invstd);
  const Tensor z = before_relu(in);
  out.y = in.then == Then::kNothing ? z : z.clamp_min(0);
  const Tensor dz = in.then == Then::kNothing ? dy : at::where(z.gt(0), dy, at::zeros_like(dy));
  const Tensor sum = dz.sum(over, /*keepdim=*/true);
  const Tensor product = dz.mul(xhat).sum(over, /*keepdim=*/true);
  out.dx = dz.sub(sum.div(n)).sub(xhat.mul(product.div(n))).mul(weight.mul(invstd));
  out.dshortcut = dz;
  out.dweight = product.flatten();
  out.dbias = sum.flatten();
  out.scale = weight.mul(invstd).abs();
  out.size_of_dweight = dz.mul(xhat).abs().sum(over);
  out.size_of_dbias = dz.abs().sum(over);
  out.deviation = var.flatten().sqrt();
  if (in.running_mean.defined()) {
    const auto follow = [](const Tensor& running, const Tensor& batch) {
      return running.to(at::kDouble).mul(1 - kMomentum).add(batch.flatten().mul(kMomentum));
    };
    out.running_mean = follow(in.running_mean, mean);
    out.running_var = follow(in.running_var, var.mul(n / (n - 1)));
  }
  return out;
}

std::string shape_of(const Inputs& in) {
  std::string out = toString(in.x.scalar_type());
  for (const int64_t size : in.x.sizes()) {
    out.append(" ").append(std::to_string(size));
  }
  return out + ", then " + std::to_string(static_cast<int>(in.then));
}

// |got - expected| <= allowed, [..] or a number, everywhere.
void close(const Inputs& in, const char* what, const Tensor& got, const Tensor& expected,
           const Tensor& allowed) {
  const Tensor excess = got.to(at::kDouble).sub(expected).abs().div(allowed).max();
  // Written so that NaN fails.
  if (!(excess.item<double>() <= 1)) {
    std::fprintf(stderr, "%s is off by %g times what is allowed: %s\n", what, excess.item<double>(),
                 shape_of(in).c_str());
    failures++;
  }
}

// Half a unit of the last place of a number, relative to it.
double rounding_of(const Tensor& x) {
  switch (x.scalar_type()) {
    case at::kBFloat16:
      return 0x1p-8;
    case at::kHalf:
      return 0x1p-11;
    default:
      return 0;
  }
}

// Numbers below 2^-14 have fewer places in float16.
double smallest_of(const Tensor& x) { return x.scalar_type() == at::kHalf ? 0x1p-25 : 0; }

Tensor allowed_of(const Inputs& in, const Tensor& expected, const Tensor& absolute) {
  return expected.abs().mul(rounding_of(in.x) + 4e-6).add(absolute).add(smallest_of(in.x));
}

void compare(const Inputs& in, const Outcome& got) {
  const Exact exact = by_formulas(in);
  const Tensor one = at::ones({1}, at::kDouble);
  check(got.y.scalar_type() == in.x.scalar_type(), "y is of the dtype of x");
  check(got.y.is_contiguous(in.x.dim() == 4 ? at::MemoryFormat::ChannelsLast
                                            : at::MemoryFormat::Contiguous),
        "y is rows of channels");
  close(in, "y", got.y, exact.y, allowed_of(in, exact.y, one.mul(4e-6)));
  close(in, "dx", got.dx, exact.dx, allowed_of(in, exact.dx, exact.scale.mul(6e-6)));
  if (in.then == Then::kAddRelu) {
    close(in, "dshortcut", got.dshortcut, exact.dshortcut, one.mul(1e-30));
  }
  check(got.dweight.defined() == in.weight.defined(), "a weight has a gradient");
  if (in.weight.defined()) {
    check(got.dweight.scalar_type() == at::kFloat, "parameters are float32");
    close(in, "dweight", got.dweight, exact.dweight, exact.size_of_dweight.mul(4e-6).add(1e-6));
  }
  check(got.dbias.defined() == in.bias.defined(), "a bias has a gradient");
  if (in.bias.defined()) {
    close(in, "dbias", got.dbias, exact.dbias, exact.size_of_dbias.mul(1e-6).add(1e-6));
  }
  if (in.running_mean.defined()) {
    close(in, "running_mean", got.running_mean, exact.running_mean,
          exact.running_mean.abs().mul(2e-7).add(exact.deviation.mul(2e-6)));
    close(in, "running_var", got.running_var, exact.running_var,
          exact.running_var.abs().mul(2e-6).add(1e-30));
  }
}

bool same(const Tensor& a, const Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || a.equal(b));
}

bool same_bits(const Outcome& a, const Outcome& b) {
  return same(a.y, b.y) && same(a.dx, b.dx) && same(a.dshortcut, b.dshortcut) &&
         same(a.dweight, b.dweight) && same(a.dbias, b.dbias) &&
         same(a.running_mean, b.running_mean) && same(a.running_var, b.running_var);
}

void compare(const Inputs& in) {
  order = Order::kForward;
  const Outcome got = as_on_gpu(in);
  compare(in, got);
  order = Order::kBackward;
  check(same_bits(got, as_on_gpu(in)), "same bits in any order: " + shape_of(in));
  order = Order::kForward;
}

Tensor rows_of(const std::vector<int64_t>& sizes, at::ScalarType type) {
  const Tensor t = at::randn(sizes).to(type);
  return sizes.size() == 4 ? t.contiguous(at::MemoryFormat::ChannelsLast) : t;
}

Inputs inputs_of(const std::vector<int64_t>& sizes, at::ScalarType type, Then then,
                 double mean = 0.5, double deviation = 2) {
  Inputs in;
  const int64_t channels = sizes[1];
  const Tensor shift = at::randn({channels}).add(mean);
  in.x = rows_of(sizes, at::kFloat);
  in.x = in.x.mul(deviation).add(shift.view(along_channels(in.x))).to(type);
  in.shortcut = rows_of(sizes, type);
  in.dy = rows_of(sizes, type);
  in.weight = at::randn({channels});
  in.bias = at::randn({channels});
  in.running_mean = at::randn({channels});
  in.running_var = at::rand({channels}).add(0.5);
  in.then = then;
  // Whether a value next to 0 is cut off is decided by rounding.
  in.dy.masked_fill_(before_relu(in).abs().lt(1e-5), 0);
  return in;
}

constexpr Then kThens[] = {Then::kNothing, Then::kRelu, Then::kAddRelu};
constexpr at::ScalarType kTypes[] = {at::kFloat, at::kBFloat16, at::kHalf};

// Channels with which rows are whole vectors, with which they are not, and more than a block has;
// one image; fewer rows than a block has; more than one part.
void every_shape() {
  const std::vector<std::vector<int64_t>> shapes = {
      {2, 1},        {3, 5},          {300, 8},       {33, 24},       {17, 33},
      {40, 300},     {2, 1, 1, 1},    {1, 3, 1, 2},   {1, 64, 5, 7},  {6, 20, 5, 4},
      {2, 7, 33, 9}, {5, 16, 31, 13}, {3, 264, 3, 2}, {3, 8, 90, 40}, {9, 130, 4, 3}};
  for (const auto& shape : shapes) {
    for (const at::ScalarType type : kTypes) {
      for (const Then then : kThens) {
        compare(inputs_of(shape, type, then));
      }
    }
  }
  check(wide_passes > 100 && narrow_passes > 100, "both kinds of matrices occur");
  check(most_parts > 10, "there are several parts");
  check(most_blocks > 1, "there are several blocks side by side");
}

// More rows for a thread than make a part worthwhile.
void many_rows() {
  most_parts = 0;
  compare(inputs_of({4, 1, 700, 410}, at::kFloat, Then::kRelu));
  check(most_parts > 500, "there are as many parts as there may be");
}

// Layouts cover the matrix once, whatever its size.
void layouts() {
  for (const int64_t channels : {1, 7, 64, 100, 2048, 40000}) {
    for (const int64_t rows :
         {int64_t{1}, int64_t{5}, int64_t{1000}, int64_t{6422528}, int64_t{3000000000}}) {
      for (const bool wide : {false, true}) {
        const gpu::Matrix matrix = {rows, channels, gpu::Element::kFloat32,
                                    wide && channels % 4 == 0};
        const gpu::Layout layout = gpu::layout_of(matrix);
        const int64_t columns = int64_t{layout.blocks} * layout.across * (matrix.wide ? 4 : 1);
        check(columns >= channels, "no channel is left out");
        check(columns - int64_t{layout.across} * (matrix.wide ? 4 : 1) < channels,
              "no block is empty");
        check(layout.parts * layout.rows >= rows, "no row is left out");
        check((layout.parts - 1) * layout.rows < rows, "no part is empty");
        check(layout.parts <= 1024, "parts fit a grid");
        check(gpu::kLanes % layout.across == 0, "lanes side by side fill a block");
      }
    }
  }
}

// A small variance around a large mean, which sums of squares would lose.
void large_mean() {
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{500, 8}, std::vector<int64_t>{6, 9, 30, 30}}) {
    for (const Then then : kThens) {
      compare(inputs_of(shape, at::kFloat, then, 3000, 0.02));
    }
  }
}

// A first row far from all others, relative to which these are measured.
void outlier() {
  Inputs in = inputs_of({2000, 8}, at::kFloat, Then::kNothing, 0, 1);
  in.x[0].fill_(1e4);
  compare(in);
}

// Weight, bias and running statistics may be missing.
void without_parameters() {
  for (const Then then : kThens) {
    for (const bool weight : {false, true}) {
      Inputs in = inputs_of({4, 12, 3, 5}, at::kFloat, then);
      (weight ? in.bias : in.weight) = Tensor();
      in.running_mean = Tensor();
      compare(in);
    }
  }
}

// A gradient and a shortcut that are not channels-last, and rows from an address that is not a
// multiple of 16 bytes.
void other_memory() {
  Inputs in = inputs_of({4, 16, 6, 5}, at::kHalf, Then::kAddRelu);
  in.dy = in.dy.contiguous();
  in.shortcut = in.shortcut.contiguous();
  compare(in);
  in = inputs_of({50, 16}, at::kFloat, Then::kRelu);
  const Tensor memory = at::empty({50 * 16 + 1});
  in.x = memory.narrow(0, 1, 50 * 16).view({50, 16}).copy_(in.x);
  wide_passes = narrow_passes = 0;
  compare(in);
  check(wide_passes == 0 && narrow_passes > 0, "such rows are read one by one");
}

// Where nobody asks for the gradient of x, those of the parameters are the same.
void input_without_gradient() {
  for (const Then then : kThens) {
    const Inputs in = inputs_of({30, 10}, at::kFloat, then);
    sct::BatchNormTensors t = tensors_of(in);
    t.x = in.x.detach();
    const Tensor y = sct::batch_norm_cuda(t, then, kMomentum, kEps, sct::alone());
    y.backward(in.dy);
    const Outcome all = as_on_gpu(in);
    check(!t.x.grad().defined(), "no gradient of x");
    check(same(t.weight->grad(), all.dweight) && same(t.bias->grad(), all.dbias) &&
              same(grad_of(t.shortcut), all.dshortcut),
          "the same gradients without that of x");
  }
}

void evaluation() {
  for (const at::ScalarType type : kTypes) {
    for (const Then then : kThens) {
      for (const bool affine : {false, true}) {
        Inputs in = inputs_of({5, 24, 4, 3}, type, then, 100);
        in.running_mean = in.running_mean.add(100);
        if (!affine) {
          in.weight = in.bias = Tensor();
        }
        const at::NoGradGuard no_grad;
        const sct::BatchNormTensors t = tensors_of(in);
        const Tensor y = sct::batch_norm_cuda_evaluate(t, then, kEps);
        const Tensor x = in.x.to(at::kDouble);
        const Tensor scale =
            wide_or(in.running_var, x, 0).add(kEps).rsqrt().mul(wide_or(in.weight, x, 1));
        Tensor z = x.sub(wide_or(in.running_mean, x, 0)).mul(scale).add(wide_or(in.bias, x, 0));
        if (then == Then::kAddRelu) {
          z = z.add(in.shortcut.to(at::kDouble));
        }
        z = then == Then::kNothing ? z : z.clamp_min(0);
        close(in, "y of evaluation", y, z, allowed_of(in, z, at::ones({1}).mul(4e-6)));
        check(same(*t.running_mean, in.running_mean) && same(*t.running_var, in.running_var),
              "evaluation moves nothing");
      }
    }
  }
}

// Running statistics that autograd has seen must not change unseen.
void versions() {
  const sct::BatchNormTensors t = tensors_of(inputs_of({9, 4}, at::kFloat, Then::kRelu));
  const auto before = t.running_mean->_version() + t.running_var->_version();
  sct::batch_norm_cuda(t, Then::kRelu, kMomentum, kEps, sct::alone());
  check(t.running_mean->_version() + t.running_var->_version() == before + 2, "versions move");
}

// Numbers that are not finite are not hidden by ReLU, nor does the gradient stop at them.
void not_finite() {
  for (const Then then : kThens) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      Inputs in = inputs_of({70, 8}, at::kFloat, then);
      in.x[33][5] = bad;
      const Outcome got = as_on_gpu(in);
      check(got.y.select(1, 5).isnan().all().item<bool>(), "NaN goes to the output");
      check(got.dx.select(1, 5).isnan().all().item<bool>(), "NaN goes to the gradient");
      check(got.running_var[5].isnan().item<bool>(), "NaN goes to the variance");
      check(got.y.select(1, 4).isfinite().all().item<bool>(), "NaN stays in its channel");
    }
  }
}

void not_twice() {
  const Inputs in = inputs_of({8, 4}, at::kFloat, Then::kNothing);
  const sct::BatchNormTensors t = tensors_of(in);
  const Tensor y = sct::batch_norm_cuda(t, Then::kNothing, kMomentum, kEps, sct::alone());
  bool thrown = false;
  try {
    torch::autograd::grad({y}, {t.x}, {in.dy}, std::nullopt, /*create_graph=*/true);
  } catch (const c10::NotImplementedError&) {
    thrown = true;
  }
  check(thrown, "a second derivative is refused");
}

// Two processes, each with some of the rows, give what one gives for all of them.
void group(Then then, int64_t first_rows) {
  constexpr int64_t kProcesses = 2;
  const Inputs whole = inputs_of({700, 16}, at::kFloat, then);
  const Outcome expected = as_on_gpu(whole);
  Said said;
  Outcome got[kProcesses];
  for (int round = 0; round < 3; round++) {
    Said now;
    for (int64_t rank = 0; rank < kProcesses; rank++) {
      const auto share = [&](const Tensor& t) {
        return rank == 0 ? t.narrow(0, 0, first_rows)
                         : t.narrow(0, first_rows, t.size(0) - first_rows);
      };
      Inputs in = whole;
      in.x = share(whole.x);
      in.shortcut = share(whole.shortcut);
      in.dy = share(whole.dy);
      got[rank] = as_on_gpu(in, c10::make_intrusive<Played>(said, now, kProcesses, rank));
    }
    said = now;
  }
  const auto close_to = [](const Tensor& a, const Tensor& b) {
    return at::allclose(a, b, 1e-5, 1e-5);
  };
  check(close_to(at::cat({got[0].y, got[1].y}), expected.y), "y of two processes");
  check(close_to(at::cat({got[0].dx, got[1].dx}), expected.dx), "dx of two processes");
  check(at::allclose(got[0].dweight.add(got[1].dweight), expected.dweight, 1e-5, 1e-4),
        "each process has its share of dweight");
  check(at::allclose(got[0].dbias.add(got[1].dbias), expected.dbias, 1e-5, 1e-4),
        "each process has its share of dbias");
  for (const Outcome& one : got) {
    check(close_to(one.running_mean, expected.running_mean), "running_mean of two processes");
    check(close_to(one.running_var, expected.running_var), "running_var of two processes");
  }
  check(at::equal(got[0].running_var, got[1].running_var), "the same bits in both");
}

// What the host makes of 16 bits is what libtorch makes of them.
void conversions() {
  for (uint32_t bits = 0; bits < 0x10000; bits++) {
    const auto half = static_cast<uint16_t>(bits);
    const float a = sct::number_of(sct::Float16{half});
    const auto b = static_cast<float>(c10::Half(half, c10::Half::from_bits()));
    check(a == b || (std::isnan(a) && std::isnan(b)), "a number of float16");
    const float c = sct::number_of(sct::Bfloat16{half});
    const auto d = static_cast<float>(c10::BFloat16(half, c10::BFloat16::from_bits()));
    check(c == d || (std::isnan(c) && std::isnan(d)), "a number of bfloat16");
  }
  // Every 251st float32, and those around halves between numbers of float16.
  const auto rounds = [](uint32_t bits) {
    const float x = sct::float_of(bits);
    sct::Float16 half = {};
    sct::Bfloat16 bfloat = {};
    sct::round_to(x, half);
    sct::round_to(x, bfloat);
    if (std::isnan(x)) {
      return std::isnan(sct::number_of(half)) && std::isnan(sct::number_of(bfloat));
    }
    return half.bits == c10::Half(x).x && bfloat.bits == c10::BFloat16(x).x;
  };
  for (uint64_t bits = 0; bits < 0x100000000; bits += 251) {
    check(rounds(static_cast<uint32_t>(bits)), "rounded to the nearest");
  }
  for (uint64_t bits = 0; bits < 0x100000000; bits += 0x1000) {
    for (const uint32_t off : {0U, 1U, 0xFFFFFFFFU}) {
      check(rounds(static_cast<uint32_t>(bits) + off), "rounded to the nearest of two");
    }
  }
}

// Which tensors are taken, whatever the device.
void fits() {
  const Inputs in = inputs_of({4, 6, 3, 2}, at::kHalf, Then::kAddRelu);
  const sct::BatchNormTensors good = tensors_of(in);
  check(sct::fits_rows(good), "channels-last fits");
  check(!sct::fits_batch_norm_cuda(good), "the CPU is no GPU");
  const auto refuses = [&](const char* what, const auto& change) {
    sct::BatchNormTensors t = good;
    change(t);
    check(!sct::fits_rows(t), std::string("does not fit: ") + what);
  };
  refuses("contiguous images", [](auto& t) { t.x = t.x.contiguous(); });
  refuses("three dimensions", [](auto& t) { t.x = t.x.flatten(2); });
  refuses("nothing", [](auto& t) { t.x = t.x.narrow(0, 0, 0); });
  refuses("another dtype", [](auto& t) { t.shortcut = t.shortcut->to(at::kFloat); });
  refuses("another shape", [](auto& t) { t.shortcut = t.shortcut->narrow(0, 0, 1); });
  refuses("weight of float16", [](auto& t) { t.weight = t.weight->to(at::kHalf); });
  refuses("bias of other channels", [](auto& t) { t.bias = at::zeros({5}); });
  refuses("steps", [](auto& t) { t.running_mean = at::zeros({12}).slice(0, 0, 12, 2); });
  refuses("a running variance with a gradient",
          [](auto& t) { t.running_var = at::ones({6}).set_requires_grad(true); });
}

}  // namespace

// Instead of those of the library.
const sct::CudaTable& sct::cuda_table(int32_t) {
  static const CudaTable table = [] {
    CudaTable host{};
    host.batch_norm_statistics = statistics_on_host;
    host.batch_norm_normalization = normalization_on_host;
    host.batch_norm_evaluation = evaluation_on_host;
    host.batch_norm_apply = apply_on_host;
    host.batch_norm_reduce = reduce_on_host;
    host.batch_norm_apply_gradient = apply_gradient_on_host;
    return host;
  }();
  return table;
}

bool sct::has_cuda_table() noexcept { return true; }

int main() {
  at::manual_seed(1);
  conversions();
  layouts();
  every_shape();
  many_rows();
  large_mean();
  outlier();
  without_parameters();
  other_memory();
  input_without_gradient();
  evaluation();
  versions();
  not_finite();
  not_twice();
  for (const Then then : kThens) {
    group(then, 350);
    group(then, 3);
  }
  fits();
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
