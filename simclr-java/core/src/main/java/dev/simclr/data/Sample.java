package dev.simclr.data;

import java.lang.foreign.MemorySegment;

/**
 * One image of a data set.
 *
 * @param index its position in the data set
 * @param name its name, see {@link ImageDataset#name(int)}
 * @param label its class, or {@link ImageDataset#UNLABELLED}
 * @param height rows in pixels
 * @param width columns in pixels
 * @param pixels {@code [height, width, 3]} read-only uint8, see {@link ImageDataset#image(int)}
 */
public record Sample(
    int index, String name, int label, int height, int width, MemorySegment pixels) {}
