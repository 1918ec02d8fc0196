/** Evaluation of features: weighted nearest neighbours and a linear probe. */
package dev.simclr.eval;
