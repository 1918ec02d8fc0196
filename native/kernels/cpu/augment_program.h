// The steps of one view.
#pragma once

#include "cpu/augment.h"
#include "cpu/augment_workspace.h"

namespace sct::augment {

// A crop that is resized, with its tables.
struct Crop {
  Box box;
  ResizeTable rows;
  ColumnTable columns;
};

// Operations are collected and run late, a few rows at a time while these are in the first-level
// cache: each pass over a whole view costs as much as several operations. Only what depends on
// all of the view, such as the mean of contrast, makes a pass necessary. A blur takes the rows that
// it needs from what is below it.
class Program {
 public:
  Program(const Kernels& kernels, const sct_augment_format& format, const Crop& crop,
          Workspace& workspace);

  void apply(const sct_augment_op& op);

  // Writes the view; the program is over then.
  void write(void* view);

 private:
  // Where the rows of a layer come from, before the operations that are pending.
  enum class Source { kCrop, kPlanes, kBlur };

  struct Layer {
    Planes planes{};
    Source source = Source::kCrop;
    // Rows that are done, operations included: of the top layer none, but while it is settled.
    int32_t done = 0;
    PointOp ops[SCT_AUGMENT_MAX_OPS]{};
    int32_t count = 0;
  };

  void contrast(const sct_augment_op& op, Sums sums);
  void blur(const sct_augment_op& op);
  // Writes a crop of the settled view to the other set of planes.
  void crop_again(const sct_augment_op& op);

  // Computes rows [from, to) of a layer, operations not included, into `out`.
  void make(Layer& layer, int32_t from, int32_t to, const Planes& out);
  void run(const Layer& layer, int32_t from, int32_t to, const Planes& planes, Sums sums,
           double* totals) const;
  // Computes rows of a layer, operations included, until `rows` of them are done.
  void advance(Layer& layer, int32_t rows, Sums sums, double* totals);
  // Computes all of the view as it is, and what `sums` says of it.
  void settle(Sums sums, double* totals);

  // Planes of the other set, free if the view has been settled.
  Planes other() { return workspace_.planes_of(format_.size, 1 - set_); }
  void swap();

  const Kernels& kernels_;
  const sct_augment_format& format_;
  const Crop& crop_;
  Workspace& workspace_;
  int32_t strip_;
  int set_ = 0;
  Layer top_;
  // What the blur of the top layer takes its rows from.
  Layer below_;
  BlurKernel kernel_{};
};

}  // namespace sct::augment
