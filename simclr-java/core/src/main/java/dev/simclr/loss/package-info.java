/** The contrastive loss. */
package dev.simclr.loss;
