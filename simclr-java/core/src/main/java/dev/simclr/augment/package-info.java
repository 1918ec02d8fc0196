/**
 * Random views of images: what is drawn ({@link dev.simclr.augment.AugmentConfig}, {@link
 * dev.simclr.augment.AugmentSampler}), what was drawn ({@link dev.simclr.augment.AugmentParams}),
 * and how it is applied ({@link dev.simclr.augment.Augmenter}).
 *
 * <p>The operations are those of SimCLR (Chen et al., "A Simple Framework for Contrastive Learning
 * of Visual Representations", ICML 2020, appendix A): random resized crop, horizontal flip, colour
 * jitter, conversion to gray, Gaussian blur, normalisation, and those of its study of compositions
 * (section 3): cutout, rotation, Sobel filtering, Gaussian noise; also solarisation and
 * equalisation. {@link dev.simclr.augment.Semantics} says whose definitions hold.
 *
 * <p>Drawing and applying are separate, so that the same parameters can be looked at, and applied
 * by any implementation on any device.
 */
package dev.simclr.augment;
