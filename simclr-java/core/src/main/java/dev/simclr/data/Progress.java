package dev.simclr.data;

/**
 * Hears how far a long piece of work has come. Called on the thread that asked for the work, at
 * most a few times a second and once at the end. An exception thrown here cancels the work and
 * reaches the caller.
 */
@FunctionalInterface
public interface Progress {
  /** Ignores all reports. */
  Progress NONE = (task, done, total) -> {};

  /**
   * Reports progress.
   *
   * @param task what is being done, such as {@code "packing cifar10 train"}
   * @param done items finished so far
   * @param total items in all; {@code done == total} is the last report of a task
   */
  void update(String task, long done, long total);
}
