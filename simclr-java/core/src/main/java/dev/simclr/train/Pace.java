package dev.simclr.train;

import java.time.Duration;

/** How fast a run goes: images per second, waiting and time left. Evaluations do not count. */
final class Pace {
  private final int batch;
  private long lastNanos;
  private long lastWait;
  private long steps;
  private double secondsPerStep;

  /** One report's figures. */
  record Reading(double imagesPerSecond, double dataWait, Duration timeLeft) {}

  Pace(int batch) {
    this.batch = batch;
  }

  /** Starts to measure anew, after something that is not training. */
  void restart(long nanos, long waitNanos) {
    lastNanos = nanos;
    lastWait = waitNanos;
    steps = 0;
  }

  /** Counts a step. */
  void step() {
    steps++;
  }

  /** Returns the figures since the last reading; there must have been a step. */
  Reading read(long nanos, long waitNanos, long stepsLeft) {
    double seconds = Math.max(1, nanos - lastNanos) * 1e-9;
    double wait = (waitNanos - lastWait) * 1e-9;
    double now = seconds / steps;
    // Smoothed, so that one slow report does not make the time left jump.
    secondsPerStep = secondsPerStep == 0 ? now : 0.7 * secondsPerStep + 0.3 * now;
    Reading reading =
        new Reading(
            steps * batch / seconds,
            Math.clamp(wait / seconds, 0, 1),
            Duration.ofSeconds(Math.round(secondsPerStep * stepsLeft)));
    restart(nanos, waitNanos);
    return reading;
  }
}
