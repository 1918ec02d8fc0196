package dev.simclr.train;

import dev.simclr.model.ResNet;

/**
 * The size of encoder and head, computed without building them, since the largest would not fit.
 * Approximate: the shortcut of every stage is taken to be a projection.
 *
 * @param outputs values that all convolutions put out for one view
 * @param widest values that the first convolution puts out, the most of any
 * @param parameters weights of convolutions and dense layers
 * @param featureDim width of h
 */
record NetworkSize(double outputs, double widest, double parameters, double featureDim) {

  static NetworkSize of(PretrainConfig config) {
    ModelConfig model = config.model();
    long size = config.data().imageSize();
    boolean cifar =
        switch (model.stem()) {
          case CIFAR -> true;
          case IMAGENET -> false;
          case AUTO -> size <= 32;
        };
    int[] blocks = ResNet.stageBlocks(model.encoder().depth());
    boolean bottleneck = ResNet.isBottleneck(model.encoder().depth());
    int streams = model.skRatio() > 0 ? 2 : 1;
    Sum sum = new Sum();
    double channels = 64 * model.width();
    long side = cifar ? size : Math.ceilDiv(size, 2);
    if (model.resnetD() && !cifar) {
      sum.convolution(3, channels / 2, 3, side);
      sum.convolution(channels / 2, channels / 2, 3, side);
      sum.convolution(channels / 2, channels, 3, side);
    } else {
      sum.convolution(3, channels, cifar ? 3 : 7, side);
    }
    double widest = channels * side * side;
    side = cifar ? side : Math.ceilDiv(side, 2);
    double in = channels;
    for (int stage = 0; stage < 4; stage++) {
      double inner = channels * (1 << stage);
      double out = bottleneck ? 4 * inner : inner;
      // The stride of a stage is in the first 3x3 convolution of its first block.
      long before = side;
      side = stage == 0 ? side : Math.ceilDiv(side, 2);
      for (int block = 0; block < blocks[stage]; block++) {
        if (bottleneck) {
          sum.convolution(in, inner, 1, block == 0 ? before : side);
          sum.convolution(inner, streams * inner, 3, side);
          if (streams > 1) {
            double mixing = Math.max((int) (inner * model.skRatio()), 32);
            sum.parameters += inner * mixing + mixing * streams * inner;
          }
          sum.convolution(inner, out, 1, side);
        } else {
          sum.convolution(in, inner, 3, side);
          sum.convolution(inner, inner, 3, side);
        }
        if (block == 0) {
          sum.convolution(in, out, 1, side);
        }
        in = out;
      }
    }
    return new NetworkSize(sum.outputs, widest, sum.parameters + head(config.head(), in), in);
  }

  private static double head(HeadConfig head, double in) {
    double hidden = head.hidden() == 0 ? in : head.hidden();
    double parameters = 0;
    double width = in;
    for (int layer = 1; layer <= head.layers(); layer++) {
      double out = layer == head.layers() ? head.out() : hidden;
      parameters += width * out;
      width = out;
    }
    return parameters;
  }

  private static final class Sum {
    private double outputs;
    private double parameters;

    void convolution(double in, double out, int kernel, long side) {
      outputs += out * side * side;
      parameters += in * out * kernel * kernel;
    }
  }
}
