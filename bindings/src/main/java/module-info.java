/** Tensors, autograd and operators of libtorch over the Foreign Function and Memory API. */
module dev.simclr.torch {
  exports dev.simclr.torch;
}
