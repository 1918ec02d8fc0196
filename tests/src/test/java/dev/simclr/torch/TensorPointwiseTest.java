package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class TensorPointwiseTest {

  private static final double[] X = {0.25, 0.5, 0.75, 1.5, 2.5, 3.25};
  private static final double[] Y = {1.5, 0.25, 0.75, 2, 1, 0.5};

  private record Unary(
      String name,
      UnaryOperator<Tensor> operator,
      UnaryOperator<Tensor> inPlace,
      DoubleUnaryOperator expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  private record Binary(
      String name, Binder operator, Binder inPlace, DoubleBinaryOperator expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Binder {
    Tensor apply(Tensor a, Tensor b);
  }

  static Stream<Unary> unary() {
    return Stream.of(
        new Unary("neg", Tensor::neg, Tensor::neg_, x -> -x),
        new Unary("exp", Tensor::exp, Tensor::exp_, Math::exp),
        new Unary("log", Tensor::log, Tensor::log_, Math::log),
        new Unary("log1p", Tensor::log1p, Tensor::log1p_, Math::log1p),
        new Unary("sqrt", Tensor::sqrt, Tensor::sqrt_, Math::sqrt),
        new Unary("rsqrt", Tensor::rsqrt, Tensor::rsqrt_, x -> 1 / Math.sqrt(x)),
        new Unary("square", Tensor::square, Tensor::square_, x -> x * x),
        new Unary("reciprocal", Tensor::reciprocal, Tensor::reciprocal_, x -> 1 / x),
        new Unary("floor", Tensor::floor, Tensor::floor_, Math::floor),
        new Unary("ceil", Tensor::ceil, Tensor::ceil_, Math::ceil),
        new Unary("round", Tensor::round, Tensor::round_, Math::rint),
        new Unary("sin", Tensor::sin, Tensor::sin_, Math::sin),
        new Unary("cos", Tensor::cos, Tensor::cos_, Math::cos),
        new Unary("sigmoid", Tensor::sigmoid, Tensor::sigmoid_, x -> 1 / (1 + Math.exp(-x))),
        new Unary("tanh", Tensor::tanh, Tensor::tanh_, Math::tanh),
        new Unary("add scalar", x -> x.add(1.5), x -> x.add_(1.5), x -> x + 1.5),
        new Unary("sub scalar", x -> x.sub(1.5), x -> x.sub_(1.5), x -> x - 1.5),
        new Unary("mul scalar", x -> x.mul(1.5), x -> x.mul_(1.5), x -> x * 1.5),
        new Unary("div scalar", x -> x.div(1.5), x -> x.div_(1.5), x -> x / 1.5),
        new Unary("pow scalar", x -> x.pow(1.5), x -> x.pow_(1.5), x -> Math.pow(x, 1.5)),
        new Unary("rsub", x -> x.rsub(1.5), x -> x.neg_().add_(1.5), x -> 1.5 - x),
        new Unary(
            "clamp",
            x -> x.clamp(0.5, 2),
            x -> x.clamp_(0.5, 2),
            x -> Math.min(Math.max(x, 0.5), 2)),
        new Unary("clampMin", x -> x.clampMin(1), x -> x.clampMin_(1), x -> Math.max(x, 1)),
        new Unary("clampMax", x -> x.clampMax(1), x -> x.clampMax_(1), x -> Math.min(x, 1)));
  }

  static Stream<Binary> binary() {
    return Stream.of(
        new Binary("add", Tensor::add, Tensor::add_, Double::sum),
        new Binary("sub", Tensor::sub, Tensor::sub_, (x, y) -> x - y),
        new Binary("mul", Tensor::mul, Tensor::mul_, (x, y) -> x * y),
        new Binary("div", Tensor::div, Tensor::div_, (x, y) -> x / y),
        new Binary(
            "add alpha", (x, y) -> x.add(y, 0.5), (x, y) -> x.add_(y, 0.5), (x, y) -> x + 0.5 * y),
        new Binary(
            "sub alpha", (x, y) -> x.sub(y, 0.5), (x, y) -> x.sub_(y, 0.5), (x, y) -> x - 0.5 * y),
        new Binary("pow", Tensor::pow, (x, y) -> x.copyFrom(x.pow(y)), Math::pow),
        new Binary("maximum", Tensor::maximum, (x, y) -> x.copyFrom(x.maximum(y)), Math::max),
        new Binary("minimum", Tensor::minimum, (x, y) -> x.copyFrom(x.minimum(y)), Math::min),
        new Binary(
            "lerp",
            (x, y) -> x.copy().lerp_(y, 0.25),
            (x, y) -> x.lerp_(y, 0.25),
            (x, y) -> x + 0.25 * (y - x)),
        new Binary(
            "addcmul",
            (x, y) -> x.copy().addcmul_(y, y, 0.5),
            (x, y) -> x.addcmul_(y, y, 0.5),
            (x, y) -> x + 0.5 * y * y),
        new Binary(
            "addcdiv",
            (x, y) -> x.copy().addcdiv_(x, y, 0.5),
            (x, y) -> x.addcdiv_(x.copy(), y, 0.5),
            (x, y) -> x + 0.5 * x / y));
  }

  @ParameterizedTest
  @MethodSource("unary")
  void unaryOperators(Unary op) {
    try (var _ = TensorScope.open()) {
      double[] expected = Arrays.stream(X).map(op.expected()).toArray();
      Tensor x = tensor(X);
      assertClose(expected, op.operator().apply(x));
      assertClose(X, x);
      assertSame(x, op.inPlace().apply(x));
      assertClose(expected, x);
    }
  }

  @ParameterizedTest
  @MethodSource("binary")
  void binaryOperators(Binary op) {
    try (var _ = TensorScope.open()) {
      double[] expected = new double[X.length];
      for (int i = 0; i < X.length; i++) {
        expected[i] = op.expected().applyAsDouble(X[i], Y[i]);
      }
      Tensor x = tensor(X);
      Tensor y = tensor(Y);
      assertClose(expected, op.operator().apply(x, y));
      assertClose(X, x);
      assertSame(x, op.inPlace().apply(x, y));
      assertClose(expected, x);
      assertClose(Y, y);
    }
  }

  @Test
  void operatorsOfNegativeNumbers() {
    try (var _ = TensorScope.open()) {
      Tensor x = tensor(-2, 0, 3);
      assertClose(new double[] {2, 0, 3}, x.abs());
      assertClose(new double[] {-1, 0, 1}, x.sign());
      assertClose(new double[] {0, 0, 3}, x.relu());
      assertClose(new double[] {2, 0, 3}, x.copy().abs_());
      assertClose(new double[] {-1, 0, 1}, x.copy().sign_());
      assertClose(new double[] {0, 0, 3}, x.copy().relu_());
    }
  }

  @Test
  void theErrorFunctionAndItsInverse() {
    try (var _ = TensorScope.open()) {
      // erf(1/2) from Abramowitz and Stegun, table 7.1.
      double half = 0.5204998778;
      assertClose(new double[] {half}, tensor(0.5).erf());
      assertClose(new double[] {half}, tensor(0.5).erf_());
      assertClose(new double[] {0.5}, tensor(half).erfinv());
      assertClose(new double[] {0.5}, tensor(half).erfinv_());
    }
  }

  @Test
  void fillingAndMasking() {
    try (var _ = TensorScope.open()) {
      Tensor x = tensor(1, 2, 3);
      Tensor mask = x.gt(1.5);
      assertClose(new double[] {1, 9, 9}, x.maskedFill(mask, 9));
      assertClose(new double[] {1, 9, 9}, x.maskedFill_(mask, 9));
      assertClose(new double[] {7, 7, 7}, x.fill_(7));
      assertClose(new double[] {0, 0, 0}, x.zero_());
    }
  }

  @Test
  void operandsBroadcast() {
    try (var _ = TensorScope.open()) {
      Tensor sum = tensor(1, 2).view(2, 1).add(tensor(10, 20, 30));
      assertArrayEquals(new long[] {2, 3}, sum.shape());
      assertClose(new double[] {11, 21, 31, 12, 22, 32}, sum);
    }
  }

  @Test
  void wholeScalarsKeepIntegralDTypes() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.arange(3, DType.INT64);
      assertEquals(DType.INT64, x.add(1).dtype());
      assertEquals(DType.INT64, x.mul(2).dtype());
      assertEquals(DType.FLOAT32, x.add(0.5).dtype());
      assertEquals(DType.FLOAT32, x.div(2).dtype());
      assertArrayEquals(new long[] {1, 2, 3}, x.add_(1).toLongArray());
    }
  }

  private static Tensor tensor(double... values) {
    return Tensor.of(values, values.length).to(DType.FLOAT32);
  }
}
