package dev.simclr.torch;

import dev.simclr.torch.internal.SctContrastive;
import dev.simclr.torch.internal.SctNtXent;
import dev.simclr.torch.internal.SctSupCon;

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
   * FLOAT64. It can be differentiated once. Memory is O(N D): the matrix of similarities is never
   * held. Rows shorter than 1e-12, zeros among them, have a finite loss and a gradient that is 1e12
   * times that of u; a number that is not finite makes the loss NaN. On the CPU results are the
   * same bits on every run with the same number of threads.
   *
   * <p>On the CPU BFLOAT16 rows are converted, not computed with: the loss is that of their values,
   * off by at most 2e-6 max(1, |loss|) at 2N = 8192 and temperatures from 0.01 on, and the
   * gradient, whose numbers are rounded to the 8 bits of the dtype, is off by at most 1/512 of its
   * norm. On a GPU they may be multiplied as they are; products are exact, and factors of the
   * gradient have 16 bits.
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 1
   */
  public static NtXentResult ntXent(Tensor z, double temperature) {
    requireTemperature(temperature);
    return adopt(SctNtXent.ntXent(z.handle(), temperature));
  }

  /**
   * Computes the objective of the SimCLR reference (google-research/simclr, {@code
   * tf2/objective.py}): the sum of the means of both directions, which is twice {@link #ntXent}, of
   * rows normalised as by {@code tf.math.l2_normalize}, u = z / max(||z||, 1e-6). Rows shorter than
   * that have a gradient that is 1e6 times that of u.
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 1
   */
  public static NtXentResult ntXentSum(Tensor z, double temperature) {
    requireTemperature(temperature);
    return adopt(SctNtXent.ntXentSum(z.handle(), temperature));
  }

  /**
   * Computes NT-Xent with further candidates for all anchors, of images that are not in the batch
   * (MoCo, He et al. 2020, <a href="https://arxiv.org/abs/1911.05722">arXiv 1911.05722</a>,
   * equation 1): with s_ik of row k of the queue as of the rows of z,
   *
   * <pre>1/(2N) sum_i ( log( sum_{j != i} exp(s_ij) + sum_k exp(s_ik) ) - s_i,pos(i) )</pre>
   *
   * <p>No gradient flows into the queue, and the metrics are those of the batch without it. Memory
   * is O((N + Q) D).
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param queue {@code [Q, D]}, of the dtype and device of z; Q may be 0
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE, INVALID_ARGUMENT or DEVICE if a tensor is not as above
   */
  public static NtXentResult ntXentQueue(Tensor z, Tensor queue, double temperature) {
    requireTemperature(temperature);
    return adopt(SctNtXent.ntXentQueue(z.handle(), queue.handle(), temperature));
  }

  /**
   * Computes the decoupled contrastive loss (Yeh et al. 2022, <a
   * href="https://arxiv.org/abs/2110.06848">arXiv 2110.06848</a>, equation 6, with weights of 1):
   * {@link #ntXent} without the positive in the sum,
   *
   * <pre>1/(2N) sum_i ( log sum_{j != i, pos(i)} exp(s_ij) - s_i,pos(i) )</pre>
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 2
   */
  public static NtXentResult dcl(Tensor z, double temperature) {
    requireTemperature(temperature);
    return adopt(SctNtXent.dcl(z.handle(), temperature));
  }

  /**
   * Computes the supervised contrastive loss L_out (Khosla et al. 2020, <a
   * href="https://arxiv.org/abs/2004.11362">arXiv 2004.11362</a>, equation 2). Rows with the same
   * label are each other's positives P(i); with images as labels, any number of views of each. With
   * A the rows that have positives, the loss is
   *
   * <pre>1/|A| sum_{i in A} ( log sum_{j != i} exp(s_ij) - 1/|P(i)| sum_{p in P(i)} s_ip )</pre>
   *
   * <p>Rows without a positive are no anchors, but candidates of the others; without any anchor the
   * loss is NaN. There is no factor temperature / base temperature as in the authors' code.
   * Similarities, precision, memory and gradients are as in {@link #ntXent}.
   *
   * @param z {@code [M, D]}, M at least 2
   * @param labels INT64, {@code [M]}, on the device of z
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE, INVALID_ARGUMENT or DEVICE if a tensor is not as above
   */
  public static SupConResult supCon(Tensor z, Tensor labels, double temperature) {
    requireTemperature(temperature);
    TensorScope scope = TensorScope.current();
    SctSupCon.Result result = SctSupCon.supCon(z.handle(), labels.handle(), temperature);
    return new SupConResult(scope.adopt(result.loss()), scope.adopt(result.skipped()));
  }

  /**
   * Computes {@link #supCon} of rows that are V views of N images, with the metrics of {@link
   * #ntXent}, of views 1 and 2 and whatever the labels, from the same pass.
   *
   * @param z {@code [VN, D]}: rows 0 to N - 1 are view 1 of N images, rows N to 2N - 1 view 2, and
   *     so on
   * @param labels INT64, {@code [VN]}, on the device of z
   * @param views V, at least 2
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE, INVALID_ARGUMENT or DEVICE if a tensor is not as above
   */
  public static SupConViewsResult supConViews(
      Tensor z, Tensor labels, long views, double temperature) {
    requireTemperature(temperature);
    TensorScope scope = TensorScope.current();
    SctSupCon.ViewsResult result =
        SctSupCon.supConViews(z.handle(), labels.handle(), views, temperature);
    return new SupConViewsResult(
        scope.adopt(result.loss()),
        scope.adopt(result.skipped()),
        scope.adopt(result.accuracy()),
        scope.adopt(result.entropy()));
  }

  /**
   * Computes the decoupled contrastive loss with weights (DCLW; Yeh et al. 2022, <a
   * href="https://arxiv.org/abs/2110.06848">arXiv 2110.06848</a>, equations 6 and 7),
   *
   * <pre>1/(2N) sum_i ( log sum_{j != i, pos(i)} exp(s_ij) - w_i s_i,pos(i) )</pre>
   *
   * <p>with w_i = 2 - N softmax(&lt;u_i, u_pos(i)&gt; / sigma) over the N images, through which no
   * gradient flows. Similarities and precision are as in {@link #ntXent}. This and the losses below
   * compute their gradient together with their value, in memory O(N D), on any device.
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @param sigma finite and above 0
   * @return the loss and the metrics of {@link #ntXent}, from one pass
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 2, of kind
   *     INVALID_ARGUMENT for another sigma
   */
  public static NtXentResult dclw(Tensor z, double temperature, double sigma) {
    requireTemperature(temperature);
    return adopt(SctContrastive.dclw(z.handle(), temperature, sigma));
  }

  /**
   * Computes the decoupled hyperspherical energy loss (DHEL; Koromilas et al. 2024, <a
   * href="https://arxiv.org/abs/2405.18045">arXiv 2405.18045</a>), whose negatives are of the
   * anchor's own view,
   *
   * <pre>1/(2N) sum_i ( log sum_{j != i, j of the view of i} exp(s_ij) - s_i,pos(i) )</pre>
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @return the loss, 0-dim
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 2
   */
  public static Tensor dhel(Tensor z, double temperature) {
    requireTemperature(temperature);
    return TensorScope.current().adopt(SctContrastive.dhel(z.handle(), temperature));
  }

  /**
   * Computes the loss with hard negatives (HCL; Robinson et al. 2021, <a
   * href="https://arxiv.org/abs/2010.04592">arXiv 2010.04592</a>, equations 3 and 4). With K = 2N -
   * 2 negatives n,
   *
   * <pre>
   * 1/(2N) sum_i -log( exp(s_i,pos(i)) / (exp(s_i,pos(i)) + G_i) )
   * G_i = max( (R_i - tauPlus K exp(s_i,pos(i))) / (1 - tauPlus), K exp(-1 / temperature) )
   * R_i = K sum_n exp((1 + beta) s_in) / sum_n exp(beta s_in)
   * </pre>
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @param tauPlus share of negatives that are of the anchor's class, from 0 to below 1
   * @param beta how much similar negatives count, at least 0
   * @return the loss and the metrics of {@link #ntXent}, from one pass
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 2, of kind
   *     INVALID_ARGUMENT for another tauPlus or beta
   */
  public static NtXentResult hcl(Tensor z, double temperature, double tauPlus, double beta) {
    requireTemperature(temperature);
    return adopt(SctContrastive.hcl(z.handle(), temperature, tauPlus, beta));
  }

  /**
   * Computes NT-Xent of anchors among candidates, which other processes or a queue may hold: with
   * s_ij the similarity of anchor i and candidate j over the temperature,
   *
   * <pre>1/A sum_i ( log sum_{j != excluded(i)} exp(s_ij) - s_i,positives(i) )</pre>
   *
   * @param anchors {@code [A, D]}
   * @param candidates {@code [C, D]}, of the dtype and device of the anchors
   * @param positives INT64, {@code [A]}: the candidate that is the anchor's positive
   * @param excluded INT64, {@code [A]}: the candidate that is the anchor itself, or -1
   * @param temperature finite and above 0
   * @return the loss, 0-dim; gradients flow to anchors and candidates
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE, INVALID_ARGUMENT or DEVICE if a tensor is not as above
   */
  public static Tensor ntXentCandidates(
      Tensor anchors, Tensor candidates, Tensor positives, Tensor excluded, double temperature) {
    requireTemperature(temperature);
    return TensorScope.current()
        .adopt(
            SctContrastive.ntXentCandidates(
                anchors.handle(),
                candidates.handle(),
                positives.handle(),
                excluded.handle(),
                temperature));
  }

  /**
   * Computes NT-Xent without its L2 norm (Chen et al. 2020, <a
   * href="https://arxiv.org/abs/2002.05709">arXiv 2002.05709</a>, table 5): loss and metrics of
   * {@link #ntXent} with s_ij = &lt;z_i, z_j&gt; / temperature. In memory O(N D), on any device.
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 1
   */
  public static NtXentResult ntXentNoL2Norm(Tensor z, double temperature) {
    requireTemperature(temperature);
    return adopt(SctContrastive.ntXentNoL2Norm(z.handle(), temperature));
  }

  /**
   * Computes what {@link #ntXent} measures beside its loss, alone and without gradient.
   *
   * @param z {@code [2N, D]}: rows 0 to N - 1 are view 1, rows N to 2N - 1 view 2 of the same
   *     images
   * @param temperature finite and above 0
   * @throws IllegalArgumentException if the temperature is not
   * @throws TorchException of kind SHAPE if z is not {@code [2N, D]} with N at least 1
   */
  public static ContrastiveMeasures contrastiveMeasures(Tensor z, double temperature) {
    requireTemperature(temperature);
    TensorScope scope = TensorScope.current();
    SctContrastive.Measures found = SctContrastive.contrastiveMeasures(z.handle(), temperature);
    return new ContrastiveMeasures(scope.adopt(found.accuracy()), scope.adopt(found.entropy()));
  }

  private static void requireTemperature(double temperature) {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "temperature: " + temperature + ", must be finite and above 0");
    }
  }

  private static NtXentResult adopt(SctNtXent.Result result) {
    TensorScope scope = TensorScope.current();
    return new NtXentResult(
        scope.adopt(result.loss()), scope.adopt(result.accuracy()), scope.adopt(result.entropy()));
  }
}
