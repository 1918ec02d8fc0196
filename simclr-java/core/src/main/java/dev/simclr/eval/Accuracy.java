package dev.simclr.eval;

/**
 * How often a classifier is right.
 *
 * @param top1 share of samples whose class is ranked first, in [0, 1]
 * @param top5 share of samples whose class is among the first five; 1 with five classes or fewer,
 *     unless a classifier leaves classes out of its ranking
 */
public record Accuracy(double top1, double top5) {}
