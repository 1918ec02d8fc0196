/**
 * The embedded data set: colour images of ten object classes that are drawn by code, so that a
 * first run needs no download.
 *
 * <p>What makes a class is the structure of its object alone. Position, size, rotation,
 * proportions, colours, which of object and background is lighter, lighting, background and noise
 * are drawn for each image, so that pixels say little about the class while the class survives
 * crops, flips and changes of colour.
 */
package dev.simclr.data.embedded;
