package dev.simclr.eval;

import dev.simclr.testing.Formula;
import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;

/** The points that the fixture of scikit-learn was made with. */
record FixturePoints(double[] values, int[] labels) {

  static final int CLASSES = 5;
  static final int DIM = 16;

  static FixturePoints train() {
    return make("train", 300);
  }

  static FixturePoints test() {
    return make("test", 100);
  }

  private static FixturePoints make(String name, int count) {
    double[] centres = Formula.signed("centres", CLASSES, DIM);
    double[] noise = Formula.signed(name, count, DIM);
    double[] values = new double[count * DIM];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % CLASSES;
      for (int d = 0; d < DIM; d++) {
        values[i * DIM + d] = (float) (centres[labels[i] * DIM + d] + 1.5 * noise[i * DIM + d]);
      }
    }
    return new FixturePoints(values, labels);
  }

  Tensor tensor(DType dtype) {
    return Tensor.of(values, labels.length, DIM).to(dtype);
  }
}
