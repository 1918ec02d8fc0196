package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.Close;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class NnTest {

  /** Against the sum that defines it, with every parameter different for height and width. */
  @Test
  void convolution() {
    try (var _ = TensorScope.open()) {
      int[] in = {2, 4, 7, 9};
      int[] kernel = {6, 2, 3, 2};
      long[] stride = {2, 3};
      long[] padding = {1, 2};
      long[] dilation = {2, 1};
      Tensor x = Init.normal_(Tensor.empty(DType.FLOAT32, 2, 4, 7, 9), 0, 1, 1);
      Tensor w = Init.normal_(Tensor.empty(DType.FLOAT32, 6, 2, 3, 2), 0, 1, 2);
      Tensor b = Init.normal_(Tensor.empty(DType.FLOAT32, 6), 0, 1, 3);
      Tensor y = Nn.conv2d(x, w, Optional.of(b), stride, padding, dilation, 2);
      int height =
          (int) ((in[2] + 2 * padding[0] - dilation[0] * (kernel[2] - 1) - 1) / stride[0] + 1);
      int width =
          (int) ((in[3] + 2 * padding[1] - dilation[1] * (kernel[3] - 1) - 1) / stride[1] + 1);
      assertArrayEquals(new long[] {2, 6, height, width}, y.shape());
      double[] xs = x.toDoubleArray();
      double[] ws = w.toDoubleArray();
      double[] bs = b.toDoubleArray();
      double[] expected = new double[2 * 6 * height * width];
      int out = 0;
      for (int n = 0; n < in[0]; n++) {
        for (int o = 0; o < kernel[0]; o++) {
          for (int r = 0; r < height; r++) {
            for (int c = 0; c < width; c++) {
              double sum = bs[o];
              for (int i = 0; i < kernel[1]; i++) {
                for (int u = 0; u < kernel[2]; u++) {
                  for (int v = 0; v < kernel[3]; v++) {
                    long row = r * stride[0] - padding[0] + u * dilation[0];
                    long column = c * stride[1] - padding[1] + v * dilation[1];
                    if (row >= 0 && row < in[2] && column >= 0 && column < in[3]) {
                      int channel = o / 3 * 2 + i;
                      sum +=
                          ws[((o * kernel[1] + i) * kernel[2] + u) * kernel[3] + v]
                              * xs[(int) (((n * in[1] + channel) * in[2] + row) * in[3] + column)];
                    }
                  }
                }
              }
              expected[out++] = sum;
            }
          }
        }
      }
      Close.assertClose(expected, y.toDoubleArray(), 1e-5, 1e-5, "conv2d");
      Tensor channelsLast = x.to(MemoryFormat.CHANNELS_LAST);
      Tensor again = Nn.conv2d(channelsLast, w, Optional.of(b), stride, padding, dilation, 2);
      assertTrue(again.isChannelsLast());
      Close.assertClose(expected, again.toDoubleArray(), 1e-5, 1e-5, "channels-last conv2d");
      assertThrows(
          IllegalArgumentException.class,
          () -> Nn.conv2d(x, w, Optional.empty(), new long[] {1}, padding, dilation, 2));
    }
  }

  @Test
  void batchNormalisation() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 10, 3, 30, 5, 80}, 3, 2);
      Tensor mean = Tensor.zeros(DType.FLOAT32, 2);
      Tensor var = Tensor.ones(DType.FLOAT32, 2);
      Tensor scale = Tensor.of(new float[] {2, 1}, 2);
      Tensor shift = Tensor.of(new float[] {0, 5}, 2);
      Tensor y = Nn.batchNorm(x, Optional.of(scale), Optional.of(shift), mean, var, true, 0.1, 0);
      double sd0 = Math.sqrt(8.0 / 3);
      double sd1 = Math.sqrt((900 + 100 + 1600) / 3.0);
      assertClose(new double[] {-4 / sd0, 5 - 30 / sd1, 0, 5 - 10 / sd1, 4 / sd0, 5 + 40 / sd1}, y);
      assertClose(new double[] {0.3, 4}, mean);
      assertClose(new double[] {0.9 + 0.1 * 4, 0.9 + 0.1 * 1300}, var);
      Tensor evaluated =
          Nn.batchNorm(x, Optional.empty(), Optional.empty(), mean, var, false, 0.1, 0);
      assertEquals((1 - 0.3) / Math.sqrt(1.3), evaluated.select(0, 0).select(0, 0).item(), 1e-5);
      assertClose(new double[] {0.3, 4}, mean);
    }
  }

  @Test
  void layerNormalisation() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 3, 10, 30}, 2, 2);
      Tensor y = Nn.layerNorm(x, new long[] {2}, Optional.empty(), Optional.empty(), 0);
      assertClose(new double[] {-1, 1, -1, 1}, y);
      Tensor scale = Tensor.of(new float[] {2, 3}, 2);
      Tensor shift = Tensor.of(new float[] {1, 1}, 2);
      y = Nn.layerNorm(x, new long[] {2}, Optional.of(scale), Optional.of(shift), 0);
      assertClose(new double[] {-1, 4, -1, 4}, y);
    }
  }

  @Test
  void pooling() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.arange(16, DType.FLOAT32).view(1, 1, 4, 4);
      assertClose(new double[] {5, 7, 13, 15}, Nn.maxPool2d(x, 2, 2, 0));
      assertClose(new double[] {2.5, 4.5, 10.5, 12.5}, Nn.avgPool2d(x, 2, 2, 0));
      assertClose(new double[] {7.5}, Nn.adaptiveAvgPool2d(x, 1, 1));
      long[] kernel = {3, 3};
      long[] one = {1, 1};
      long[] three = {3, 3};
      assertClose(new double[] {10}, Nn.maxPool2d(x, kernel, three, new long[2], one, false));
      assertClose(
          new double[] {10, 11, 14, 15}, Nn.maxPool2d(x, kernel, three, new long[2], one, true));
      assertClose(
          new double[] {2.5}, Nn.avgPool2d(x, kernel, new long[] {4, 4}, one, false, false));
      assertClose(
          new double[] {10.0 / 9}, Nn.avgPool2d(x, kernel, new long[] {4, 4}, one, false, true));
    }
  }

  @Test
  void crossEntropies() {
    try (var _ = TensorScope.open()) {
      Tensor logits = Tensor.of(new float[] {0, 1, 2, 0}, 2, 2);
      Tensor targets = Tensor.of(new long[] {1, 1}, 2);
      double first = Math.log(1 + Math.exp(-1));
      double second = Math.log(1 + Math.exp(2));
      assertEquals((first + second) / 2, Nn.crossEntropy(logits, targets).item(), 1e-6);
      assertClose(
          new double[] {first, second},
          Nn.crossEntropy(
              logits, targets, Optional.empty(), Nn.Reduction.NONE, Nn.IGNORE_INDEX, 0));
      Tensor weight = Tensor.of(new float[] {1, 3}, 2);
      assertEquals(
          3 * (first + second),
          Nn.crossEntropy(
                  logits, targets, Optional.of(weight), Nn.Reduction.SUM, Nn.IGNORE_INDEX, 0)
              .item(),
          1e-5);
      double uniform = 0.5 * first + 0.5 * (first + 1);
      assertEquals(
          0.8 * first + 0.2 * uniform,
          Nn.crossEntropy(
                  logits.narrow(0, 0, 1),
                  targets.narrow(0, 0, 1),
                  Optional.empty(),
                  Nn.Reduction.MEAN,
                  Nn.IGNORE_INDEX,
                  0.2)
              .item(),
          1e-6);
      Tensor logProbabilities = logits.logSoftmax(1);
      assertEquals((first + second) / 2, Nn.nllLoss(logProbabilities, targets).item(), 1e-6);
      Tensor partly = Tensor.of(new long[] {1, Nn.IGNORE_INDEX}, 2);
      assertEquals(first, Nn.nllLoss(logProbabilities, partly).item(), 1e-6);
    }
  }

  @Test
  void otherLossesAndNorms() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {3, 4, 0, 0}, 2, 2);
      Tensor zero = x.zerosLike();
      assertEquals(6.25, Nn.mseLoss(x, zero, Nn.Reduction.MEAN).item());
      assertEquals(25, Nn.mseLoss(x, zero, Nn.Reduction.SUM).item());
      assertClose(new double[] {9, 16, 0, 0}, Nn.mseLoss(x, zero, Nn.Reduction.NONE));
      assertClose(new double[] {0.6, 0.8, 0, 0}, Nn.normalize(x, 1));
      assertClose(new double[] {3.0 / 7, 4.0 / 7, 0, 0}, Nn.normalize(x, 1, 1, 1e-12));
    }
  }

  @Test
  void resizingAndPadding() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2);
      assertClose(
          new double[] {1, 1, 2, 2, 3, 3, 4, 4},
          Nn.interpolate(x, 2, 4, Nn.Interpolation.NEAREST, false));
      assertClose(new double[] {2.5}, Nn.interpolate(x, 1, 1, Nn.Interpolation.BILINEAR, true));
      assertArrayEquals(
          new long[] {1, 1, 5, 7},
          Nn.interpolate(x, 5, 7, Nn.Interpolation.BICUBIC, false).shape());
      assertClose(new double[] {1, 2, 9, 3, 4, 9}, Nn.pad(x, 9, 0, 1));
      assertClose(new double[] {9, 9, 1, 2, 3, 4}, Nn.pad(x, 9, 0, 0, 1, 0));
    }
  }
}
