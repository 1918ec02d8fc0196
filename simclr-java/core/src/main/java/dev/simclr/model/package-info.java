/** Encoders and projection heads: modules whose parameters carry torchvision's names. */
package dev.simclr.model;
