/** Contrastive losses. */
package dev.simclr.loss;
