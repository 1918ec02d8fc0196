/** SimCLR: data, augmentation, encoders, NT-Xent, optimizers, training and evaluation. */
module dev.simclr {
  requires transitive dev.simclr.torch;
  requires transitive java.desktop;
  requires tools.jackson.core;

  exports dev.simclr.augment;
  exports dev.simclr.checkpoint;
  exports dev.simclr.data;
  exports dev.simclr.data.embedded;
  exports dev.simclr.embed;
  exports dev.simclr.eval;
  exports dev.simclr.io;
  exports dev.simclr.loss;
  exports dev.simclr.model;
  exports dev.simclr.optim;
  exports dev.simclr.random;
  exports dev.simclr.train;
}
