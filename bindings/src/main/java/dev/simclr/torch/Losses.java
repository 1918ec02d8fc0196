package dev.simclr.torch;

import dev.simclr.torch.internal.SctNtXent;

/** Losses with native code and gradients of their own. */
public final class Losses {

  private Losses() {}

  /**
   * Computes NT-Xent, the loss of SimCLR (Chen et al. 2020, <a
   * href="https://arxiv.org/abs/2002.05709">arXiv 2002.05709</a>, equation 1), with its metrics.
   * With u = z / max(||z||, 1e-12) and s_ij = &lt;u_i, u_j&gt; / temperature, the loss is
   *
   * <pre>1/(2N) sum_i ( log sum_{j != i} exp(s_ij) - s_i,pos(i) )</pre>
   *
   * <p>It is computed in FLOAT32 whatever the dtype of {@code z} and autocast say, in FLOAT64 for
   * FLOAT64. It can be differentiated once. On the CPU, and unless in FLOAT64, memory is O(N D):
   * the matrix of similarities is never held. Rows shorter than 1e-12, zeros among them, have a
   * finite loss and a gradient that is 1e12 times that of u; a number that is not finite makes the
   * loss NaN. Results are the same bits on every run with the same number of threads.
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 1
   */
  public static NtXentResult ntXent(Tensor z, double temperature) {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "temperature: " + temperature + ", must be finite and above 0");
    }
    TensorScope scope = TensorScope.current();
    SctNtXent.Result result = SctNtXent.ntXent(z.handle(), temperature);
    return new NtXentResult(
        scope.adopt(result.loss()), scope.adopt(result.accuracy()), scope.adopt(result.entropy()));
  }
}
