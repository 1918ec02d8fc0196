package dev.simclr.model;

/** The first layers of a ResNet. */
public enum Stem {
  /** 3x3 convolution with stride 1 and no pooling, for images of 32 pixels or less. */
  CIFAR,
  /** 7x7 convolution with stride 2, then 3x3 max pooling with stride 2. */
  IMAGENET
}
