package dev.simclr.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What each package may use. */
final class Rules {
  private static final String ROOT = "dev.simclr.";
  private static final String GENERATED = "dev.simclr.torch.internal.ffm";
  private static final String INTERNAL = "dev.simclr.torch.internal";
  private static final String TENSORS = "dev.simclr.torch";

  /** A package uses packages with a number that is not above its own. */
  private static final Map<String, Integer> LAYERS =
      Map.ofEntries(
          Map.entry("dev.simclr.cli", 5),
          Map.entry("dev.simclr.train", 4),
          Map.entry("dev.simclr.embed", 4),
          Map.entry("dev.simclr.eval", 4),
          Map.entry("dev.simclr.compute", 3),
          Map.entry("dev.simclr.data", 3),
          Map.entry("dev.simclr.data.embedded", 3),
          Map.entry("dev.simclr.augment", 3),
          Map.entry("dev.simclr.model", 3),
          Map.entry("dev.simclr.loss", 3),
          Map.entry("dev.simclr.optim", 3),
          Map.entry("dev.simclr.checkpoint", 3),
          Map.entry("dev.simclr.io", 3),
          Map.entry("dev.simclr.random", 3),
          Map.entry(TENSORS, 2),
          Map.entry(INTERNAL, 1),
          Map.entry(GENERATED, 0));

  private Rules() {}

  /**
   * Returns one line for each arrow that points the wrong way. Between dev.simclr.torch and its
   * internals arrows point both ways by design: the internals throw the public exceptions.
   */
  static List<String> wrongArrows(List<ClassFacts> classes) {
    List<String> wrong = new ArrayList<>();
    SortedMap<String, SortedSet<String>> uses = new TreeMap<>();
    for (ClassFacts user : classes) {
      String from = user.packageName();
      Integer layer = LAYERS.get(from);
      if (layer == null) {
        wrong.add(user.name() + ": package " + from + " has no layer");
        continue;
      }
      for (String type : user.types()) {
        String used = type.replace('/', '.');
        if (!used.startsWith(ROOT)) {
          continue;
        }
        String to = ClassFacts.packageOf(type);
        boolean internals = to.equals(INTERNAL) || to.equals(GENERATED);
        if (internals ? !from.startsWith(TENSORS) : above(to, from)) {
          wrong.add(user.name() + " uses " + type);
        }
        if (!to.equals(from) && !from.startsWith(TENSORS)) {
          uses.computeIfAbsent(from, p -> new TreeSet<>()).add(to);
        }
      }
    }
    for (String start : uses.keySet()) {
      if (reachable(start, uses).contains(start)) {
        wrong.add("package " + start + " uses itself through " + uses.get(start));
      }
    }
    return wrong;
  }

  private static boolean above(String to, String from) {
    if (from.equals(INTERNAL) && to.equals(TENSORS)) {
      return false;
    }
    return LAYERS.getOrDefault(to, Integer.MAX_VALUE) > LAYERS.get(from);
  }

  private static Set<String> reachable(String start, Map<String, SortedSet<String>> uses) {
    Set<String> seen = new TreeSet<>();
    List<String> open = new ArrayList<>(uses.get(start));
    while (!open.isEmpty()) {
      String next = open.removeLast();
      if (seen.add(next)) {
        open.addAll(uses.getOrDefault(next, new TreeSet<>()));
      }
    }
    return seen;
  }

  /**
   * Returns one line for each use of the linker, of a restricted method or of a generated class
   * outside dev.simclr.torch.internal.
   */
  static List<String> nativeAccess(List<ClassFacts> classes, Set<String> restricted) {
    List<String> wrong = new ArrayList<>();
    for (ClassFacts user : classes) {
      if (user.packageName().equals(INTERNAL) || user.packageName().equals(GENERATED)) {
        continue;
      }
      for (String type : user.types()) {
        String used = type.replace('/', '.');
        if (used.matches("java\\.lang\\.foreign\\.(Linker|SymbolLookup|FunctionDescriptor)\\b.*")
            || ClassFacts.packageOf("/" + type).equals("." + GENERATED)) {
          wrong.add(user.name() + " uses " + type);
        }
      }
      for (String member : user.members()) {
        if (restricted.contains(member)) {
          wrong.add(user.name() + " calls " + member);
        }
      }
    }
    return wrong;
  }
}
