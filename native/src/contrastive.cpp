#include "sct/contrastive.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/log.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "detail/call.h"
#include "detail/chunked.h"
#include "detail/measures.h"
#include "detail/temperature.h"
#include "detail/unit_rows.h"
#include "detail/without_autocast.h"

using namespace sct;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Two views of at least `least` images, in float32 or float64.
Tensor two_views(sct_tensor z, int64_t least) {
  const Tensor& rows = unbox(z, "z");
  if (rows.dim() != 2 || rows.size(0) < 2 * least || rows.size(0) % 2 != 0) {
    fail(SCT_SHAPE, "argument 'z' must be [2N, D] with N >= " + std::to_string(least));
  }
  if (!rows.is_floating_point()) {
    invalid("argument 'z' must be floating");
  }
  return rows.scalar_type() == at::kDouble ? rows : rows.to(at::kFloat);
}

Tensor similarities(const Tensor& anchors, const Tensor& candidates, double temperature) {
  return at::mm(anchors, candidates.t()).div(temperature);
}

// int64 [R, 1]: the rows of a chunk.
Tensor rows_of(const Tensor& anchors, int64_t first) {
  return at::arange(first, first + anchors.size(0), anchors.options().dtype(at::kLong))
      .unsqueeze(1);
}

// int64 [R, 1]: the rows of the same images in the other view.
Tensor positives_of(const Tensor& rows, int64_t candidates) {
  return at::remainder(rows.add(candidates / 2), candidates);
}

// `s` without the columns that `index` has for each row.
Tensor without(const Tensor& s, const Tensor& index) {
  return at::scatter(s, 1, index, -kInfinity);
}

// [N, 1]: cosines of the two views of each image.
Tensor cosines(const Tensor& u) {
  const int64_t n = u.size(0) / 2;
  return u.narrow(0, 0, n).mul(u.narrow(0, n, n)).sum(1, /*keepdim=*/true);
}

Tensor dclw(const Tensor& u, double temperature, double sigma, Measures& measures) {
  const int64_t m = u.size(0);
  const int64_t n = m / 2;
  const Tensor share = at::softmax(cosines(u.detach()).div(sigma), 0);
  const Tensor weights = share.mul(-static_cast<double>(n)).add(2);
  return sum_by_chunks(u, u,
                       [&](const Tensor& a, const Tensor& c, int64_t first) {
                         const Tensor s = similarities(a, c, temperature);
                         measures.add_rows(s, first, n);
                         const Tensor row = rows_of(a, first);
                         const Tensor positive = positives_of(row, m);
                         const Tensor w = weights.index_select(0, at::remainder(row, n).squeeze(1));
                         const Tensor log_sum =
                             at::logsumexp(without(without(s, row), positive), 1, /*keepdim=*/true);
                         return log_sum.sub(at::gather(s, 1, positive).mul(w)).sum();
                       })
      .div(static_cast<double>(m));
}

Tensor dhel(const Tensor& u, double temperature) {
  const int64_t n = u.size(0) / 2;
  Tensor total = cosines(u).sum().mul(-2 / temperature);
  for (const int64_t view : {0, 1}) {
    const Tensor rows = u.narrow(0, view * n, n);
    total =
        total.add(sum_by_chunks(rows, rows, [&](const Tensor& a, const Tensor& c, int64_t first) {
          const Tensor s = similarities(a, c, temperature);
          return at::logsumexp(without(s, rows_of(a, first)), 1).sum();
        }));
  }
  return total.div(static_cast<double>(2 * n));
}

// In logarithms, the negatives G of each anchor relative to R, so that no temperature overflows and
// small losses are exact.
Tensor hcl(const Tensor& u, double temperature, double tau_plus, double beta, Measures& measures) {
  const int64_t m = u.size(0);
  const auto negatives = static_cast<double>(m - 2);
  const double log_least = std::log(negatives) - 1 / temperature;
  return sum_by_chunks(u, u,
                       [&](const Tensor& a, const Tensor& c, int64_t first) {
                         const Tensor s = similarities(a, c, temperature);
                         measures.add_rows(s, first, m / 2);
                         const Tensor row = rows_of(a, first);
                         const Tensor column = positives_of(row, m);
                         const auto log_sum = [&](double factor) {
                           const Tensor scaled = without(without(s.mul(factor), row), column);
                           return at::logsumexp(scaled, 1, /*keepdim=*/true);
                         };
                         const Tensor positive = at::gather(s, 1, column);
                         const Tensor log_r =
                             log_sum(1 + beta).sub(log_sum(beta)).add(std::log(negatives));
                         // Beyond e^80 the difference is below the least value anyway.
                         const Tensor ratio = at::exp(at::clamp_max(positive.sub(log_r), 80));
                         const Tensor g = ratio.mul(-tau_plus * negatives).add(1).div(1 - tau_plus);
                         const Tensor clamped = g.le(at::exp(log_r.neg().add(log_least)));
                         // The logarithm of what is not chosen must be finite, or its gradient were
                         // NaN.
                         const Tensor log_g = at::where(
                             clamped, log_least, at::log(g.masked_fill(clamped, 1)).add(log_r));
                         return at::softplus(log_g.sub(positive), 1, /*threshold=*/40).sum();
                       })
      .div(static_cast<double>(m));
}

Tensor among_candidates(const Tensor& u, const Tensor& w, const Tensor& positives,
                        const Tensor& excluded, double temperature) {
  const Tensor columns = at::arange(w.size(0), positives.options()).unsqueeze(0);
  return sum_by_chunks(
             u, w,
             [&](const Tensor& a, const Tensor& c, int64_t first) {
               const auto of = [&](const Tensor& all) {
                 return all.narrow(0, first, a.size(0)).unsqueeze(1);
               };
               const Tensor s = similarities(a, c, temperature);
               const Tensor others = s.masked_fill(columns.eq(of(excluded)), -kInfinity);
               return at::logsumexp(others, 1).sum().sub(at::gather(s, 1, of(positives)).sum());
             })
      .div(static_cast<double>(u.size(0)));
}

// NT-Xent of the rows of `z` as they are: those of both views are anchors and candidates.
Tensor nt_xent_of_lengths(const Tensor& z, double temperature, Measures& measures) {
  const int64_t m = z.size(0);
  return sum_by_chunks(
             z, z,
             [&](const Tensor& a, const Tensor& c, int64_t first) {
               const Tensor s = similarities(a, c, temperature);
               measures.add_rows(s, first, m / 2);
               const Tensor row = rows_of(a, first);
               const Tensor positive = at::gather(s, 1, positives_of(row, m));
               return at::logsumexp(without(s, row), 1, /*keepdim=*/true).sub(positive).sum();
             })
      .div(static_cast<double>(m));
}

// Accuracy and entropy of the rows of `u`, N of each view.
std::vector<Tensor> measures(const Tensor& u, double temperature) {
  const at::NoGradGuard no_grad;
  const int64_t n = u.size(0) / 2;
  const Tensor candidates = u.narrow(0, n, n);
  Measures found(u.options());
  each_chunk(n, chunk_rows(candidates), [&](int64_t first, int64_t count) {
    found.add(similarities(u.narrow(0, first, count), candidates, temperature), first);
  });
  return {found.accuracy(n), found.entropy(n)};
}

// A loss of `rows`, two views, and what its pass measured.
void give_measured(const Tensor& loss, const Measures& measures, const Tensor& rows,
                   std::initializer_list<sct_tensor*> results) {
  const int64_t n = rows.size(0) / 2;
  give({loss, measures.accuracy(n), measures.entropy(n)}, results);
}

const Tensor& indices(sct_tensor handle, const char* name, const Tensor& anchors) {
  const Tensor& index = unbox(handle, name);
  if (index.dim() != 1 || index.size(0) != anchors.size(0)) {
    fail(SCT_SHAPE, std::string("argument '") + name + "' must be [A], with an index per anchor");
  }
  if (index.scalar_type() != at::kLong) {
    invalid(std::string("argument '") + name + "' must be int64");
  }
  if (index.device() != anchors.device()) {
    fail(SCT_DEVICE,
         std::string("arguments 'anchors' and '") + name + "' are on different devices");
  }
  return index;
}

void check_range(const Tensor& index, const char* name, int64_t least, int64_t end) {
  if (index.lt(least).logical_or_(index.ge(end)).any().item<bool>()) {
    invalid(std::string("argument '") + name + "' must have values from " + std::to_string(least) +
            " to " + std::to_string(end - 1));
  }
}

}  // namespace

sct_status sct_dclw(sct_tensor z, double temperature, double sigma, sct_tensor* ret_loss,
                    sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return guard("dclw", {z}, [&] {
    const Tensor rows = two_views(z, 2);
    require(ret_loss, "ret_loss");
    require(ret_accuracy, "ret_accuracy");
    require(ret_entropy, "ret_entropy");
    check_temperature(temperature);
    if (!std::isfinite(sigma) || sigma <= 0) {
      invalid("argument 'sigma' is " + std::to_string(sigma) +
              ", allowed is a finite number above 0");
    }
    const WithoutAutocast without_autocast;
    Measures measures(rows.options());
    const Tensor loss = dclw(unit_rows(rows), temperature, sigma, measures);
    give_measured(loss, measures, rows, {ret_loss, ret_accuracy, ret_entropy});
  });
}

sct_status sct_dhel(sct_tensor z, double temperature, sct_tensor* ret_loss) {
  return produce("dhel", {z}, ret_loss, [&] {
    const Tensor rows = two_views(z, 2);
    check_temperature(temperature);
    const WithoutAutocast without_autocast;
    return dhel(unit_rows(rows), temperature);
  });
}

sct_status sct_hcl(sct_tensor z, double temperature, double tau_plus, double beta,
                   sct_tensor* ret_loss, sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return guard("hcl", {z}, [&] {
    const Tensor rows = two_views(z, 2);
    require(ret_loss, "ret_loss");
    require(ret_accuracy, "ret_accuracy");
    require(ret_entropy, "ret_entropy");
    check_temperature(temperature);
    if (!(tau_plus >= 0 && tau_plus < 1)) {
      invalid("argument 'tau_plus' is " + std::to_string(tau_plus) + ", allowed is 0 to below 1");
    }
    if (!std::isfinite(beta) || beta < 0) {
      invalid("argument 'beta' is " + std::to_string(beta) +
              ", allowed is a finite number of at least 0");
    }
    const WithoutAutocast without_autocast;
    Measures measures(rows.options());
    const Tensor loss = hcl(unit_rows(rows), temperature, tau_plus, beta, measures);
    give_measured(loss, measures, rows, {ret_loss, ret_accuracy, ret_entropy});
  });
}

sct_status sct_nt_xent_candidates(sct_tensor anchors, sct_tensor candidates, sct_tensor positives,
                                  sct_tensor excluded, double temperature, sct_tensor* ret_loss) {
  return produce("nt_xent_candidates", {anchors, candidates, positives, excluded}, ret_loss, [&] {
    const Tensor& a = unbox(anchors, "anchors");
    const Tensor& c = unbox(candidates, "candidates");
    if (a.dim() != 2 || c.dim() != 2 || a.size(0) < 1 || c.size(0) < 1 || a.size(1) != c.size(1)) {
      fail(SCT_SHAPE, "arguments 'anchors' and 'candidates' must be [A, D] and [C, D]");
    }
    if (!a.is_floating_point() || a.scalar_type() != c.scalar_type()) {
      invalid("arguments 'anchors' and 'candidates' must be floating and of one dtype");
    }
    if (a.device() != c.device()) {
      fail(SCT_DEVICE, "arguments 'anchors' and 'candidates' are on different devices");
    }
    check_temperature(temperature);
    const Tensor& positive = indices(positives, "positives", a);
    const Tensor& own = indices(excluded, "excluded", a);
    check_range(positive, "positives", 0, c.size(0));
    check_range(own, "excluded", -1, c.size(0));
    if (positive.eq(own).any().item<bool>()) {
      invalid("an anchor's positive is excluded");
    }
    const WithoutAutocast without_autocast;
    const auto type = a.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    return among_candidates(unit_rows(a.to(type)), unit_rows(c.to(type)), positive, own,
                            temperature);
  });
}

sct_status sct_nt_xent_no_l2_norm(sct_tensor z, double temperature, sct_tensor* ret_loss,
                                  sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return guard("nt_xent_no_l2_norm", {z}, [&] {
    const Tensor rows = two_views(z, 1);
    require(ret_loss, "ret_loss");
    require(ret_accuracy, "ret_accuracy");
    require(ret_entropy, "ret_entropy");
    check_temperature(temperature);
    const WithoutAutocast without_autocast;
    Measures measures(rows.options());
    const Tensor loss = nt_xent_of_lengths(rows, temperature, measures);
    give_measured(loss, measures, rows, {ret_loss, ret_accuracy, ret_entropy});
  });
}

sct_status sct_contrastive_measures(sct_tensor z, double temperature, sct_tensor* ret_accuracy,
                                    sct_tensor* ret_entropy) {
  return guard("contrastive_measures", {z}, [&] {
    const Tensor rows = two_views(z, 1);
    require(ret_accuracy, "ret_accuracy");
    require(ret_entropy, "ret_entropy");
    check_temperature(temperature);
    const WithoutAutocast without_autocast;
    give(measures(unit_rows(rows), temperature), {ret_accuracy, ret_entropy});
  });
}
