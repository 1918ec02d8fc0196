package dev.simclr.optim;

import dev.simclr.model.Parameter;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameters that an optimizer treats alike.
 *
 * @param parameters what is updated
 * @param weightDecay coefficient of the weights in their own gradient (AdamW: of the direct
 *     shrinking)
 * @param adapt whether LARS scales the learning rate by the trust ratio; others ignore it
 */
public record ParameterGroup(List<Parameter> parameters, double weightDecay, boolean adapt) {

  /**
   * Copies the list and refuses a weight decay that makes no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public ParameterGroup {
    parameters = List.copyOf(parameters);
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new IllegalArgumentException(
          "weightDecay is " + weightDecay + "; allowed: finite, 0 or more");
    }
  }

  /**
   * Puts all parameters into one group, with weight decay and adaptation.
   *
   * @param parameters what is updated
   * @param weightDecay for all of them
   * @return one group
   */
  public static List<ParameterGroup> all(List<Parameter> parameters, double weightDecay) {
    return List.of(new ParameterGroup(parameters, weightDecay, true));
  }

  /**
   * Separates the parameters that the SimCLR reference treats apart under LARS: scale and shift of
   * normalisations and any bias, which are neither decayed nor adapted, and the weight of the
   * supervised head, which is not adapted. The reference decays the latter by a term {@code
   * weightDecay |W|^2 / 2} of the loss instead of in the optimizer (model_util.py,
   * add_weight_decay), which for a group that is not adapted is the same.
   *
   * <p>SGD and AdamW decay the same parameters; the reference's momentum and Adam decay biases,
   * too.
   *
   * @param parameters what is updated
   * @param weightDecay of weights, that of the supervised head among them
   * @return the decayed and adapted group, the exempt one, and the decayed one that is not adapted;
   *     empty groups are left out
   */
  public static List<ParameterGroup> exemptingNormAndBias(
      List<Parameter> parameters, double weightDecay) {
    List<Parameter> decayed = new ArrayList<>();
    List<Parameter> exempt = new ArrayList<>();
    List<Parameter> supervised = new ArrayList<>();
    for (Parameter parameter : parameters) {
      List<Parameter> group =
          switch (parameter.kind()) {
            case WEIGHT -> decayed;
            case BIAS, NORM_SCALE, NORM_SHIFT -> exempt;
            case SUPERVISED_HEAD -> supervised;
          };
      group.add(parameter);
    }
    List<ParameterGroup> groups = new ArrayList<>();
    if (!decayed.isEmpty()) {
      groups.add(new ParameterGroup(decayed, weightDecay, true));
    }
    if (!exempt.isEmpty()) {
      groups.add(new ParameterGroup(exempt, 0, false));
    }
    if (!supervised.isEmpty()) {
      groups.add(new ParameterGroup(supervised, weightDecay, false));
    }
    return List.copyOf(groups);
  }
}
