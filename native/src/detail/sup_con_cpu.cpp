#include "detail/sup_con_cpu.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <unordered_map>
#include <vector>

#include "detail/row_sums.h"
#include "detail/temperature.h"
#include "nt_xent_row.h"

namespace sct {
namespace {

using at::Tensor;
using nt_xent::ShiftedSum;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows that share a label, in the form of nt_xent::Groups.
struct LabelGroups {
  explicit LabelGroups(const Tensor& labels) : group(at::empty_like(labels)) {
    std::unordered_map<int64_t, int64_t> groups;
    const int64_t* label = labels.data_ptr<int64_t>();
    int64_t* id = group.data_ptr<int64_t>();
    for (int64_t i = 0; i < labels.numel(); i++) {
      id[i] = groups.emplace(label[i], static_cast<int64_t>(groups.size())).first->second;
      size.resize(groups.size());
      size[static_cast<size_t>(id[i])]++;
    }
  }

  int64_t positives(int64_t row) const {
    return size[static_cast<size_t>(group.data_ptr<int64_t>()[row])] - 1;
  }

  // int64 [M], the group of each row; and the rows of each group.
  Tensor group;
  std::vector<int64_t> size;
};

struct Measured {
  double accuracy;
  double entropy;
};

// What a pass has collected of each row, in the order of the input.
class Collected {
 public:
  Collected(const nt_xent::Forward& pass, double temperature)
      : pass_(pass), temperature_(temperature) {}

  // Over all other rows. The pass has kept the candidates of view 2 apart, and the other view of
  // the same image, which is no exception here.
  ShiftedSum sum(int64_t row, int64_t padded) const {
    const int64_t n = pass_.layout.images;
    ShiftedSum all = {pass_.rest.sum[padded], pass_.rest.shift[padded]};
    if (pass_.layout.views > 1 && row < 2 * n) {
      const int64_t image = row % n;
      if (row < n) {
        all = nt_xent::merged(all, cross(image), temperature_);
      }
      all = nt_xent::with_positive(all, pass_.positive[image], pass_.running, temperature_);
    }
    return all;
  }

  Measured measured() const {
    const int64_t n = pass_.layout.images;
    double hits = 0;
    double entropy = 0;
    for (int64_t i = 0; i < n; i++) {
      hits += pass_.positive[i] > pass_.rival[i] ? 1 : 0;
      entropy += nt_xent::entropy_of(cross(i), pass_.moment[i], pass_.positive[i], temperature_);
    }
    return {hits / static_cast<double>(n), entropy / static_cast<double>(n)};
  }

 private:
  ShiftedSum cross(int64_t image) const {
    return {pass_.cross.sum[image], pass_.cross.shift[image]};
  }

  const nt_xent::Forward& pass_;
  double temperature_;
};

}  // namespace

variable_list SupConCpu::forward(AutogradContext* context, const Tensor& z, const Tensor& labels,
                                 int64_t views, double temperature) {
  const Tensor v = z.contiguous();
  const int64_t m = v.size(0);
  const nt_xent::Kernels& kernels = nt_xent_kernels();
  const nt_xent::Layout layout = nt_xent::layout_of(kernels, views, m / views, v.size(1));
  const int64_t rows = nt_xent::padded_rows(kernels, layout);

  const Tensor unit = at::empty({rows * layout.depth}, at::kFloat);
  const Tensor norm = at::empty({rows}, at::kDouble);
  const RowSums sums(kernels, layout, shift_is_running(temperature));
  const nt_xent::Forward pass = sums.pass(layout, unit, temperature);
  nt_xent::forward(kernels, pass, v.data_ptr<float>(), norm.data_ptr<double>(), [](int64_t) {});

  // The positives' part is linear in the similarities, so that the sum of a group's rows is enough.
  const LabelGroups groups(labels.contiguous());
  const int64_t* group = groups.group.data_ptr<int64_t>();
  const Tensor group_sum =
      at::zeros({static_cast<int64_t>(groups.size.size()), layout.depth}, at::kDouble);
  nt_xent::add_groups(kernels, layout, pass.unit, group, group_sum.data_ptr<double>());

  const Tensor shift = at::zeros({rows}, at::kFloat);
  const Tensor weight = at::zeros({rows}, at::kFloat);
  const Tensor positive_weight = at::zeros({m}, at::kFloat);
  const Collected collected(pass, temperature);
  double loss = 0;
  int64_t anchors = 0;
  for (int64_t i = 0; i < m; i++) {
    const auto positives = static_cast<double>(groups.positives(i));
    const int64_t padded = nt_xent::padded_of(kernels, layout, i);
    const ShiftedSum all = collected.sum(i, padded);
    shift.data_ptr<float>()[padded] = all.shift;
    if (positives == 0) {
      continue;
    }
    anchors++;
    const double* sum = group_sum.data_ptr<double>() + group[i] * layout.depth;
    const double mean_positive =
        nt_xent::cosine_sum(kernels, layout, pass.unit, i, sum) / positives;
    loss += nt_xent::log_ratio(all, mean_positive, temperature);
    weight.data_ptr<float>()[padded] = static_cast<float>(1 / all.sum);
    positive_weight.data_ptr<float>()[i] = static_cast<float>(2 / positives);
  }
  context->save_for_backward({unit, norm, shift, weight, groups.group, positive_weight, group_sum});
  context->saved_data["temperature"] = temperature;
  context->saved_data["anchors"] = anchors;
  context->saved_data["views"] = views;
  context->saved_data["columns"] = layout.columns;
  const Tensor skipped = at::full({}, m - anchors, at::kLong);
  variable_list found = {at::full({}, loss / static_cast<double>(anchors), at::kFloat), skipped};
  if (views > 1) {
    const Measured measured = collected.measured();
    found.push_back(at::full({}, measured.accuracy, at::kFloat));
    found.push_back(at::full({}, measured.entropy, at::kFloat));
  }
  context->mark_non_differentiable(variable_list(found.begin() + 1, found.end()));
  return found;
}

variable_list SupConCpu::backward(AutogradContext* context, const variable_list& grads) {
  TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "sup_con is not twice differentiable");
  const variable_list saved = context->get_saved_variables();
  const double temperature = context->saved_data["temperature"].toDouble();
  const auto anchors = static_cast<double>(context->saved_data["anchors"].toInt());
  const int64_t m = saved[4].size(0);
  const int64_t views = context->saved_data["views"].toInt();
  const nt_xent::Kernels& kernels = nt_xent_kernels();
  const nt_xent::Layout layout =
      nt_xent::layout_of(kernels, views, m / views, context->saved_data["columns"].toInt());

  const Tensor grad = at::empty_like(saved[0]);
  const nt_xent::Backward pass = {
      layout,
      saved[0].data_ptr<float>(),
      {},
      scale_of(temperature),
      shift_is_running(temperature),
      false,
      saved[2].data_ptr<float>(),
      saved[3].data_ptr<float>(),
      {saved[4].data_ptr<int64_t>(), saved[5].data_ptr<float>(), saved[6].data_ptr<double>()},
      grad.data_ptr<float>()};
  const Tensor out = at::empty({m, layout.columns}, at::kFloat);
  nt_xent::backward(kernels, pass, saved[1].data_ptr<double>(),
                    grads[0].item<double>() / (anchors * temperature), out.data_ptr<float>());
  return {out, Tensor(), Tensor(), Tensor()};
}

}  // namespace sct
