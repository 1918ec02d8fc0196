package dev.simclr.train;

import java.time.Duration;

/**
 * Where a run is, and what the last step gave.
 *
 * @param step finished steps, counted from the start of the run across resumes
 * @param totalSteps steps of the whole run
 * @param epoch the epoch that the step belongs to, from 1
 * @param epochs epochs of the whole run
 * @param epochEnd whether an epoch, or the run, is over with the step
 * @param loss NT-Xent of the step: mean over the 2N anchors, in nats
 * @param contrastiveAccuracy share of the N view-1 anchors whose positive is strictly more similar
 *     than the other N-1 view-2 images of the batch
 * @param contrastiveEntropy mean entropy in nats of the softmax over those N similarities
 * @param lr learning rate of the step
 * @param imagesPerSecond images (not views) per second since the previous report
 * @param dataWait share of the time since the previous report that the step waited for views
 * @param timeLeft estimate for the remaining steps, without evaluations
 */
public record StepProgress(
    long step,
    long totalSteps,
    int epoch,
    int epochs,
    boolean epochEnd,
    double loss,
    double contrastiveAccuracy,
    double contrastiveEntropy,
    double lr,
    double imagesPerSecond,
    double dataWait,
    Duration timeLeft) {}
