package dev.simclr.data;

import java.util.Locale;

/** The part of a data set that training sees, or the part held back to test on. */
public enum Split {
  /** Images for training. */
  TRAIN,
  /** Images that training never sees. */
  TEST;

  /** The name in lower case, as in file names and messages. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
