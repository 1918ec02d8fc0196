package dev.simclr.embed;

/**
 * What a classifier takes an image for.
 *
 * @param label number of the class, from 0
 * @param className its name
 * @param probability of the class, in (0, 1]
 */
public record Prediction(int label, String className, double probability) {}
