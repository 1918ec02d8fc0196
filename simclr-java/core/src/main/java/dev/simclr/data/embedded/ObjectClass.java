package dev.simclr.data.embedded;

import java.util.Locale;

/**
 * The ten kinds of objects. Each is drawn in coordinates of its own, within the unit disc; what it
 * looks like in an image is the business of {@link Pose}, {@link Paint} and {@link Background}. All
 * but the arrangement of parts varies within a class, and none has a handedness.
 */
enum ObjectClass {
  /** A plain disc. */
  BALL {
    @Override
    Part at(double x, double y, Build build) {
      return radius(x, y) < 0.85 ? Part.BODY : Part.NONE;
    }
  },
  /** A disc with a hole. */
  RING {
    @Override
    Part at(double x, double y, Build build) {
      double r = radius(x, y);
      return r < 0.95 && r > build.between(0.50, 0.62) ? Part.BODY : Part.NONE;
    }
  },
  /** A rim, a hub and spokes. */
  WHEEL {
    @Override
    Part at(double x, double y, Build build) {
      double r = radius(x, y);
      if (r > 0.98) {
        return Part.NONE;
      }
      boolean spoke = fold(x, y, build.count(5, 7)).y() < 0.09 && r < 0.8;
      return r > 0.78 || r < 0.22 || spoke ? Part.BODY : Part.NONE;
    }
  },
  /** A star with five points. */
  STAR {
    @Override
    Part at(double x, double y, Build build) {
      // The edge runs from a tip on the axis of the sector to a notch at its border.
      Point p = fold(x, y, 5);
      double notch = build.between(0.40, 0.48);
      double notchX = notch * COS_36;
      double notchY = notch * SIN_36;
      boolean inside = (p.x() - 1) * notchY - p.y() * (notchX - 1) < 0;
      return inside ? Part.BODY : Part.NONE;
    }
  },
  /** Two bars that cross. */
  CROSS {
    @Override
    Part at(double x, double y, Build build) {
      double width = build.between(0.22, 0.30);
      double along = Math.max(Math.abs(x), Math.abs(y));
      double across = Math.min(Math.abs(x), Math.abs(y));
      return along < 0.95 && across < width ? Part.BODY : Part.NONE;
    }
  },
  /** Petals around a centre of another colour. */
  FLOWER {
    @Override
    Part at(double x, double y, Build build) {
      if (radius(x, y) < build.between(0.28, 0.36)) {
        return Part.MARK;
      }
      int petals = build.count(5, 7);
      Point p = fold(x, y, petals);
      double size = petals == 5 ? 0.37 : petals == 6 ? 0.33 : 0.29;
      return radius(p.x() - 0.62, p.y()) < size ? Part.BODY : Part.NONE;
    }
  },
  /** What is left of a disc behind another one. */
  CRESCENT {
    @Override
    Part at(double x, double y, Build build) {
      double shift = build.between(0.38, 0.50);
      return radius(x, y) < 0.95 && radius(x - shift, y) > 0.75 ? Part.BODY : Part.NONE;
    }
  },
  /** A square of fields in two colours. */
  CHESSBOARD {
    @Override
    Part at(double x, double y, Build build) {
      if (Math.max(Math.abs(x), Math.abs(y)) > 0.74) {
        return Part.NONE;
      }
      double field = 1.48 / build.count(4, 5);
      int column = (int) ((x + 0.74) / field);
      int row = (int) ((y + 0.74) / field);
      return (row + column) % 2 == 0 ? Part.BODY : Part.MARK;
    }
  },
  /** Two rails joined by rungs. */
  LADDER {
    @Override
    Part at(double x, double y, Build build) {
      double out = build.between(0.48, 0.58);
      double side = Math.abs(x);
      if (Math.abs(y) > 0.84 || side > out) {
        return Part.NONE;
      }
      double pitch = 1.68 / build.count(4, 5);
      double step = (y + 0.84) / pitch;
      boolean rung = Math.abs(step - (int) step - 0.5) * pitch < 0.09;
      return side > out - 0.17 || rung ? Part.BODY : Part.NONE;
    }
  },
  /** A square with five dots. */
  DIE {
    @Override
    Part at(double x, double y, Build build) {
      double ax = Math.abs(x);
      double ay = Math.abs(y);
      if (Math.max(ax, ay) > 0.72 || radius(Math.max(ax - 0.5, 0), Math.max(ay - 0.5, 0)) > 0.22) {
        return Part.NONE;
      }
      double dot = build.between(0.17, 0.21);
      double place = 0.42;
      return radius(x, y) < dot || radius(ax - place, ay - place) < dot ? Part.MARK : Part.BODY;
    }
  };

  // Of half a sector of a fifth of a turn.
  private static final double COS_36 = 0.8090169943749475;
  private static final double SIN_36 = 0.5877852522924731;

  /**
   * What is at a point.
   *
   * @param x from -1 to 1
   * @param y from -1 to 1
   * @param build the instance's own proportions
   */
  abstract Part at(double x, double y, Build build);

  /** The name of the class. */
  final String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static double radius(double x, double y) {
    return Math.sqrt(x * x + y * y);
  }

  /**
   * Turns a point into the sector around the positive x axis and above it, of which mirrored and
   * turned copies make up a figure with {@code count} equal parts.
   */
  private static Point fold(double x, double y, int count) {
    double sector = 2 * StrictMath.PI / count;
    double angle = StrictMath.atan2(y, x);
    double folded = Math.abs(angle - sector * Math.rint(angle / sector));
    double r = radius(x, y);
    return new Point(r * StrictMath.cos(folded), r * StrictMath.sin(folded));
  }

  private record Point(double x, double y) {}
}
