package dev.simclr.eval;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Minimises a smooth function with limited-memory BFGS and a line search to the strong Wolfe
 * conditions.
 *
 * <p>Nocedal and Wright, Numerical Optimization, 2nd edition: algorithms 7.4 and 7.5 (direction),
 * 3.5 and 3.6 (line search, c1 = 1e-4, c2 = 0.9, cubic interpolation). First step length, bounds of
 * the interpolation and stopping rules are those of {@code torch.optim.LBFGS} with {@code
 * line_search_fn="strong_wolfe"}, so that both walk the same path until steps become tiny.
 */
public final class Lbfgs {

  private static final double SUFFICIENT_DECREASE = 1e-4;
  private static final double CURVATURE = 0.9;
  private static final int MAX_LINE_SEARCH_STEPS = 25;
  private static final double MIN_CURVATURE = 1e-12;

  private Lbfgs() {}

  /** A differentiable function of a vector. */
  @FunctionalInterface
  public interface Objective {
    /**
     * Evaluates the function and its gradient.
     *
     * @param x the point, not to be changed or kept
     * @param gradient overwritten with the gradient at {@code x}
     * @return the value at {@code x}; a value that is not finite makes the line search step back
     */
    double evaluate(double[] x, double[] gradient);
  }

  /** Hears how a minimisation goes, on the thread that minimises. */
  @FunctionalInterface
  public interface Progress {
    /** Ignores all. */
    Progress NONE = (iteration, value) -> {};

    /**
     * After each direction that was followed.
     *
     * @param iteration counted from 1
     * @param value of the function
     */
    void iterated(int iteration, double value);
  }

  /** Why a minimisation ended. */
  public enum Stop {
    /** The largest gradient component is within the tolerance. */
    GRADIENT,
    /** Neither the point nor the value changes beyond the tolerance. */
    CHANGE,
    /** The iterations are used up. */
    ITERATIONS,
    /** The evaluations are used up. */
    EVALUATIONS;

    /** Whether it is a minimum. */
    public boolean converged() {
      return this == GRADIENT || this == CHANGE;
    }
  }

  /**
   * Limits and tolerances.
   *
   * @param maxIterations directions that are followed at most
   * @param maxEvaluations evaluations after which no new direction is started
   * @param history pairs of steps and gradient changes that are kept
   * @param gradientTolerance largest absolute gradient component at which the search ends
   * @param changeTolerance largest absolute change of point and value at which the search ends
   */
  public record Options(
      int maxIterations,
      int maxEvaluations,
      int history,
      double gradientTolerance,
      double changeTolerance) {

    /**
     * Refuses limits that allow no search.
     *
     * @throws IllegalArgumentException naming the value and what is allowed
     */
    public Options {
      atLeastOne("maxIterations", maxIterations);
      atLeastOne("maxEvaluations", maxEvaluations);
      atLeastOne("history", history);
      notNegative("gradientTolerance", gradientTolerance);
      notNegative("changeTolerance", changeTolerance);
    }

    /**
     * Returns the defaults of {@code torch.optim.LBFGS} for a number of iterations: 5/4 as many
     * evaluations, gradient tolerance 1e-7, change tolerance 1e-9; with a history of 10.
     *
     * @param maxIterations directions that are followed at most
     * @return options
     */
    public static Options iterations(int maxIterations) {
      return new Options(
          maxIterations, (int) Math.min(Integer.MAX_VALUE, maxIterations * 5L / 4), 10, 1e-7, 1e-9);
    }

    private static void atLeastOne(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " is " + value + "; allowed: 1 or more");
      }
    }

    private static void notNegative(String name, double value) {
      if (!(value >= 0)) {
        throw new IllegalArgumentException(name + " is " + value + "; allowed: 0 or more");
      }
    }
  }

  /**
   * Where a minimisation ended.
   *
   * @param x the best point found
   * @param value the function there
   * @param iterations directions followed
   * @param evaluations function evaluations
   * @param stop why it ended
   */
  public record Result(double[] x, double value, int iterations, int evaluations, Stop stop) {}

  /** A step length along the current direction, with the function there. */
  private record Probe(double step, double value, double[] gradient, double slope) {}

  /** One remembered step s and gradient change y. */
  private record Pair(double[] s, double[] y, double rho) {}

  /**
   * Minimises a function.
   *
   * @param objective the function
   * @param start where to begin; not changed
   * @param options limits and tolerances
   * @return the best point found
   */
  public static Result minimize(Objective objective, double[] start, Options options) {
    return minimize(objective, start, options, Progress.NONE);
  }

  /**
   * Minimises a function, and tells how it goes.
   *
   * @param objective the function
   * @param start where to begin; not changed
   * @param options limits and tolerances
   * @param progress hears of each iteration
   * @return the best point found
   */
  public static Result minimize(
      Objective objective, double[] start, Options options, Progress progress) {
    return new Search(objective, start, options, progress).run();
  }

  private static final class Search {

    private final Objective objective;
    private final Options options;
    private final Progress progress;
    private final Deque<Pair> history = new ArrayDeque<>();
    private final double[] x;
    private double[] gradient;
    private double value;
    private double[] direction;
    private double scale = 1;
    private int evaluations;

    Search(Objective objective, double[] start, Options options, Progress progress) {
      this.objective = objective;
      this.options = options;
      this.progress = progress;
      this.x = start.clone();
      this.gradient = new double[start.length];
    }

    Result run() {
      value = objective.evaluate(x, gradient);
      evaluations = 1;
      if (maxAbs(gradient) <= options.gradientTolerance) {
        return result(0, Stop.GRADIENT);
      }
      for (int iteration = 1; ; iteration++) {
        direction = descentDirection();
        double slope = dot(gradient, direction);
        if (!(slope <= -options.changeTolerance)) {
          return result(iteration - 1, Stop.CHANGE);
        }
        double first = iteration == 1 ? Math.min(1, 1 / sumAbs(gradient)) : 1;
        Probe found = lineSearch(first, slope);
        double change = found.step * maxAbs(direction);
        double valueChange = Math.abs(found.value - value);
        accept(found);
        progress.iterated(iteration, value);
        if (maxAbs(gradient) <= options.gradientTolerance) {
          return result(iteration, Stop.GRADIENT);
        }
        if (change <= options.changeTolerance || valueChange < options.changeTolerance) {
          return result(iteration, Stop.CHANGE);
        }
        if (iteration == options.maxIterations) {
          return result(iteration, Stop.ITERATIONS);
        }
        if (evaluations >= options.maxEvaluations) {
          return result(iteration, Stop.EVALUATIONS);
        }
      }
    }

    private Result result(int iterations, Stop stop) {
      return new Result(x.clone(), value, iterations, evaluations, stop);
    }

    private void accept(Probe found) {
      double[] s = new double[x.length];
      double[] y = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        s[i] = found.step * direction[i];
        y[i] = found.gradient[i] - gradient[i];
        x[i] += s[i];
      }
      double product = dot(y, s);
      // Otherwise rounding could spoil the positive definite approximation of the Hessian. Relative
      // to the lengths, or the last digits of a solution, found in tiny steps, would never improve.
      if (product > MIN_CURVATURE * Math.sqrt(dot(s, s) * dot(y, y))) {
        if (history.size() == options.history) {
          history.removeFirst();
        }
        history.addLast(new Pair(s, y, 1 / product));
        scale = product / dot(y, y);
      }
      gradient = found.gradient;
      value = found.value;
    }

    /** The two-loop recursion, Nocedal and Wright algorithm 7.4. */
    private double[] descentDirection() {
      double[] d = new double[x.length];
      for (int i = 0; i < d.length; i++) {
        d[i] = -gradient[i];
      }
      double[] alpha = new double[history.size()];
      int k = history.size();
      for (Iterator<Pair> newest = history.descendingIterator(); newest.hasNext(); ) {
        Pair pair = newest.next();
        alpha[--k] = pair.rho * dot(pair.s, d);
        addScaled(d, -alpha[k], pair.y);
      }
      for (int i = 0; i < d.length; i++) {
        d[i] *= scale;
      }
      for (Pair pair : history) {
        double beta = pair.rho * dot(pair.y, d);
        addScaled(d, alpha[k++] - beta, pair.s);
      }
      return d;
    }

    private Probe probe(double step) {
      double[] point = x.clone();
      addScaled(point, step, direction);
      double[] slopeVector = new double[x.length];
      double found = objective.evaluate(point, slopeVector);
      evaluations++;
      return new Probe(step, found, slopeVector, dot(slopeVector, direction));
    }

    /** Algorithm 3.5: steps out until an interval holds a point that meets both conditions. */
    private Probe lineSearch(double first, double slope) {
      Probe origin = new Probe(0, value, gradient, slope);
      Probe previous = origin;
      Probe current = probe(first);
      for (int i = 0; i < MAX_LINE_SEARCH_STEPS; i++) {
        if (tooHigh(current, origin) || (i > 1 && current.value >= previous.value)) {
          return zoom(previous, current, origin, i);
        }
        if (Math.abs(current.slope) <= -CURVATURE * slope) {
          return current;
        }
        if (current.slope >= 0) {
          return zoom(previous, current, origin, i);
        }
        double near = current.step + 0.01 * (current.step - previous.step);
        double next = cubicMinimum(previous, current, near, current.step * 10);
        previous = current;
        current = probe(next);
      }
      return current.value <= origin.value ? current : origin;
    }

    /** Algorithm 3.6: shrinks an interval until a point meets both conditions. */
    private Probe zoom(Probe a, Probe b, Probe origin, int stepsTaken) {
      Probe low = a.value <= b.value || !Double.isFinite(b.value) ? a : b;
      Probe high = low == a ? b : a;
      boolean closeToEnd = false;
      for (int i = stepsTaken; i < MAX_LINE_SEARCH_STEPS; i++) {
        double left = Math.min(low.step, high.step);
        double right = Math.max(low.step, high.step);
        if ((right - left) * maxAbs(direction) < options.changeTolerance) {
          return low;
        }
        double step = cubicMinimum(low, high, left, right);
        // Twice in a row near the same end means slow progress: move a tenth inwards instead.
        double margin = 0.1 * (right - left);
        if (Math.min(right - step, step - left) < margin) {
          if (closeToEnd || step >= right || step <= left) {
            step = Math.abs(step - right) < Math.abs(step - left) ? right - margin : left + margin;
            closeToEnd = false;
          } else {
            closeToEnd = true;
          }
        } else {
          closeToEnd = false;
        }
        Probe current = probe(step);
        if (tooHigh(current, origin) || current.value >= low.value) {
          high = current;
        } else {
          if (Math.abs(current.slope) <= -CURVATURE * origin.slope) {
            return current;
          }
          if (current.slope * (high.step - low.step) >= 0) {
            high = low;
          }
          low = current;
        }
      }
      return low;
    }

    // Negated so that a value which is not a number counts as too high.
    private static boolean tooHigh(Probe probe, Probe origin) {
      return !(probe.value <= origin.value + SUFFICIENT_DECREASE * probe.step * origin.slope);
    }

    /** The minimum, within bounds, of the cubic through two values and slopes; equation 3.59. */
    private static double cubicMinimum(Probe a, Probe b, double lower, double upper) {
      Probe left = a.step <= b.step ? a : b;
      Probe right = left == a ? b : a;
      double d1 =
          left.slope + right.slope - 3 * (left.value - right.value) / (left.step - right.step);
      double square = d1 * d1 - left.slope * right.slope;
      if (!(square >= 0) || Double.isInfinite(square)) {
        return (lower + upper) / 2;
      }
      double d2 = Math.sqrt(square);
      double minimum =
          right.step
              - (right.step - left.step)
                  * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
      return Double.isNaN(minimum)
          ? (lower + upper) / 2
          : Math.min(Math.max(minimum, lower), upper);
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void addScaled(double[] target, double factor, double[] source) {
    for (int i = 0; i < target.length; i++) {
      target[i] += factor * source[i];
    }
  }

  private static double maxAbs(double[] a) {
    double max = 0;
    for (double value : a) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  private static double sumAbs(double[] a) {
    double sum = 0;
    for (double value : a) {
      sum += Math.abs(value);
    }
    return sum;
  }
}
