package dev.simclr.random;

/** What a random number is for; numbers of different purposes are independent. */
public enum Purpose {
  /** Parameters of a view, by epoch, sample and view. */
  AUGMENT(1),
  /** Order of the samples, by epoch. */
  SHUFFLE(2),
  /** Initial weights, by parameter. */
  INIT(3),
  /** Images of the embedded data set, by image. */
  EMBEDDED_DATA(4),
  /** Splits of labelled data, as for choosing a regularisation strength. */
  SPLIT(5),
  /** Draws that hold for a whole batch, by step. */
  BATCH(6),
  /** The random pairing of positives, a control experiment, by epoch. */
  PAIRING(7),
  /** Rows of a batch that are encoded together, by step and view. */
  CHUNK(8);

  private final int code;

  Purpose(int code) {
    this.code = code;
  }

  /** The code in the counter, 1 to 255; part of the definition of every random number. */
  public int code() {
    return code;
  }
}
