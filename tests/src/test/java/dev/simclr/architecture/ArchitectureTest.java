package dev.simclr.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.Main;
import dev.simclr.torch.Tensor;
import dev.simclr.train.Pretrainer;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Arrows between packages point one way, and native code is reached from one package only. */
class ArchitectureTest {
  private static List<ClassFacts> classes;
  private static Set<String> restricted;

  @BeforeAll
  static void read() throws IOException {
    classes = new ArrayList<>();
    for (Class<?> member : List.of(Tensor.class, Pretrainer.class, Main.class)) {
      classes.addAll(ClassFacts.besides(member));
    }
    restricted = ClassFacts.restrictedMethods();
  }

  @Test
  void arrowsPointOneWay() {
    assertEquals(List.of(), Rules.wrongArrows(classes));
  }

  @Test
  void onlyTheInternalsReachNativeCode() {
    assertEquals(List.of(), Rules.nativeAccess(classes, restricted));
    // The rule sees what it looks for: the internals do all of it.
    List<ClassFacts> renamed =
        classes.stream()
            .filter(c -> c.packageName().equals("dev.simclr.torch.internal"))
            .map(c -> new ClassFacts("dev/simclr/model/Moved", c.types(), c.members()))
            .toList();
    String found = String.join("\n", Rules.nativeAccess(renamed, restricted));
    for (String expected :
        List.of(
            "calls java/lang/System.load",
            "calls java/lang/foreign/MemorySegment.reinterpret",
            "uses dev/simclr/torch/internal/ffm/Sct")) {
      assertTrue(found.contains("dev/simclr/model/Moved " + expected), expected + "\n" + found);
    }
  }

  @Test
  void theRestrictedMethodsAreKnown() {
    for (String method :
        List.of(
            "java/lang/System.load",
            "java/lang/System.loadLibrary",
            "java/lang/Runtime.load",
            "java/lang/foreign/Linker.downcallHandle",
            "java/lang/foreign/Linker.upcallStub",
            "java/lang/foreign/MemorySegment.reinterpret",
            "java/lang/foreign/AddressLayout.withTargetLayout",
            "java/lang/foreign/SymbolLookup.libraryLookup",
            "java/lang/ModuleLayer$Controller.enableNativeAccess")) {
      assertTrue(restricted.contains(method), method + " not in " + restricted);
    }
  }

  @Test
  void everyLayerWasLookedAt() {
    for (String name :
        List.of(
            "dev/simclr/torch/internal/ffm/Sct",
            "dev/simclr/torch/internal/NativeLibrary",
            "dev/simclr/torch/Tensor",
            "dev/simclr/model/ResNet",
            "dev/simclr/train/Pretrainer",
            "dev/simclr/cli/Main")) {
      assertTrue(classes.stream().anyMatch(c -> c.name().equals(name)), name);
    }
  }

  @Test
  void plantedArrowsAreFound() {
    assertEquals(
        List.of("dev/simclr/model/Planted uses dev/simclr/train/Pretrainer"),
        arrows("dev.simclr.model.Planted", "dev.simclr.train.Pretrainer"));
    assertEquals(
        List.of("dev/simclr/train/Planted uses dev/simclr/cli/Main"),
        arrows("dev.simclr.train.Planted", "dev.simclr.cli.Main"));
    assertEquals(
        List.of("dev/simclr/train/Planted uses dev/simclr/torch/internal/NativeLibrary"),
        arrows("dev.simclr.train.Planted", "dev.simclr.torch.internal.NativeLibrary"));
    assertEquals(
        List.of("dev/simclr/novel/Planted: package dev.simclr.novel has no layer"),
        arrows("dev.simclr.novel.Planted", "dev.simclr.torch.Tensor"));
    assertEquals(List.of(), arrows("dev.simclr.train.Planted", "dev.simclr.torch.Tensor"));
  }

  private static List<String> arrows(String user, String used) {
    return Rules.wrongArrows(List.of(ClassFacts.of(calling(user, used, "planted"))));
  }

  @Test
  void aPlantedCycleWithinALayerIsFound() {
    List<String> found =
        Rules.wrongArrows(
            List.of(
                ClassFacts.of(calling("dev.simclr.loss.A", "dev.simclr.optim.B", "planted")),
                ClassFacts.of(calling("dev.simclr.optim.B", "dev.simclr.loss.A", "planted"))));
    assertEquals(
        List.of(
            "package dev.simclr.loss uses itself through [dev.simclr.optim]",
            "package dev.simclr.optim uses itself through [dev.simclr.loss]"),
        found);
  }

  @Test
  void plantedNativeAccessIsFound() {
    assertEquals(
        List.of("dev/simclr/torch/Planted calls java/lang/System.load"),
        access(calling("dev.simclr.torch.Planted", "java.lang.System", "load")));
    assertEquals(
        List.of("dev/simclr/cli/Planted uses java/lang/foreign/SymbolLookup"),
        access(calling("dev.simclr.cli.Planted", "java.lang.foreign.SymbolLookup", "find")));
    assertEquals(
        List.of("dev/simclr/torch/Planted uses dev/simclr/torch/internal/ffm/Sct"),
        access(calling("dev.simclr.torch.Planted", "dev.simclr.torch.internal.ffm.Sct", "x")));
    assertEquals(
        List.of("dev/simclr/data/Planted uses java/lang/foreign/Linker"),
        access(
            ClassFile.of()
                .build(
                    ClassDesc.of("dev.simclr.data.Planted"),
                    builder ->
                        builder.withField("linker", ClassDesc.of("java.lang.foreign.Linker"), 0))));
    // Memory segments and arenas are public vocabulary.
    assertEquals(
        List.of(),
        access(calling("dev.simclr.data.Planted", "java.lang.foreign.Arena", "ofConfined")));
  }

  private static List<String> access(byte[] classFile) {
    return Rules.nativeAccess(List.of(ClassFacts.of(classFile)), restricted);
  }

  /** A class with one method that calls a static method of another class. */
  private static byte[] calling(String user, String owner, String method) {
    return ClassFile.of()
        .build(
            ClassDesc.of(user),
            builder ->
                builder.withMethodBody(
                    "run",
                    ConstantDescs.MTD_void,
                    ClassFile.ACC_STATIC,
                    code ->
                        code.invokestatic(
                                ClassDesc.of(owner),
                                method,
                                MethodTypeDesc.of(ConstantDescs.CD_void))
                            .return_()));
  }
}
