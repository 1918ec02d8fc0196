package dev.simclr.optim;

import dev.simclr.model.Parameter;
import dev.simclr.model.ParameterKind;
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
   * Separates the parameters that the SimCLR reference exempts from weight decay and LARS
   * adaptation: scale and shift of normalisations, any bias, and the supervised head.
   *
   * @param parameters what is updated
   * @param weightDecay for those that are not exempt
   * @return the decayed and adapted group, then the exempt one; empty groups are left out
   */
  public static List<ParameterGroup> exemptingNormAndBias(
      List<Parameter> parameters, double weightDecay) {
    List<Parameter> decayed = new ArrayList<>();
    List<Parameter> exempt = new ArrayList<>();
    for (Parameter parameter : parameters) {
      (parameter.kind() == ParameterKind.WEIGHT ? decayed : exempt).add(parameter);
    }
    List<ParameterGroup> groups = new ArrayList<>();
    if (!decayed.isEmpty()) {
      groups.add(new ParameterGroup(decayed, weightDecay, true));
    }
    if (!exempt.isEmpty()) {
      groups.add(new ParameterGroup(exempt, 0, false));
    }
    return List.copyOf(groups);
  }
}
