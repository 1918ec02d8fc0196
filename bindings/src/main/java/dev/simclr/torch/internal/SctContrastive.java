package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of contrastive.h. Handles returned are new, and owned by the caller. */
public final class SctContrastive {

  private SctContrastive() {}

  /**
   * New handles, each owned by the caller.
   *
   * @param accuracy the contrastive accuracy, 0-dim
   * @param entropy the contrastive entropy, 0-dim
   */
  public record Measures(MemorySegment accuracy, MemorySegment entropy) {}

  public static SctNtXent.Result dclw(MemorySegment z, double temperature, double sigma) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_dclw(z, temperature, sigma, frame.out(0), frame.out(1), frame.out(2)));
    return new SctNtXent.Result(frame.handle(0), frame.handle(1), frame.handle(2));
  }

  public static MemorySegment dhel(MemorySegment z, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_dhel(z, temperature, frame.out(0)));
    return frame.handle(0);
  }

  public static SctNtXent.Result hcl(
      MemorySegment z, double temperature, double tauPlus, double beta) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_hcl(z, temperature, tauPlus, beta, frame.out(0), frame.out(1), frame.out(2)));
    return new SctNtXent.Result(frame.handle(0), frame.handle(1), frame.handle(2));
  }

  public static MemorySegment ntXentCandidates(
      MemorySegment anchors,
      MemorySegment candidates,
      MemorySegment positives,
      MemorySegment excluded,
      double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_nt_xent_candidates(
            anchors, candidates, positives, excluded, temperature, frame.out(0)));
    return frame.handle(0);
  }

  public static SctNtXent.Result ntXentNoL2Norm(MemorySegment z, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_nt_xent_no_l2_norm(z, temperature, frame.out(0), frame.out(1), frame.out(2)));
    return new SctNtXent.Result(frame.handle(0), frame.handle(1), frame.handle(2));
  }

  public static Measures contrastiveMeasures(MemorySegment z, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_contrastive_measures(z, temperature, frame.out(0), frame.out(1)));
    return new Measures(frame.handle(0), frame.handle(1));
  }
}
