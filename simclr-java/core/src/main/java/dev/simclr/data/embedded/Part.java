package dev.simclr.data.embedded;

/** What an object has at a point. */
enum Part {
  /** Nothing: the background shows. */
  NONE,
  /** Its main colour. */
  BODY,
  /** Its second colour. */
  MARK
}
