package dev.simclr.cli;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.function.ObjIntConsumer;

/**
 * Handlers for signals of the operating system, through sun.misc.Signal of module jdk.unsupported:
 * the JDK has no public way to hear of a signal without starting to shut down. It is reached by
 * name since javac warns of every mention of it and has no option to accept that.
 */
final class Signals {
  private static final MethodHandle NEW_SIGNAL;
  private static final MethodHandle HANDLE;
  private static final MethodHandle NUMBER;
  private static final Class<?> HANDLER;

  static {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      HANDLER = Class.forName("sun.misc.SignalHandler");
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      NEW_SIGNAL = lookup.findConstructor(signal, MethodType.methodType(void.class, String.class));
      HANDLE = lookup.findStatic(signal, "handle", MethodType.methodType(HANDLER, signal, HANDLER));
      NUMBER = lookup.findVirtual(signal, "getNumber", MethodType.methodType(int.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private Signals() {}

  /**
   * Installs a handler, which gets the signal's name and number on a thread of its own.
   *
   * @param name without the SIG, such as TERM
   * @return what puts the previous handler back
   */
  static Runnable handle(String name, ObjIntConsumer<String> handler) {
    try {
      Object signal = NEW_SIGNAL.invoke(name);
      MethodHandle onSignal =
          MethodHandles.lookup()
              .findVirtual(
                  ObjIntConsumer.class,
                  "accept",
                  MethodType.methodType(void.class, Object.class, int.class))
              .bindTo(handler)
              .bindTo(name);
      MethodHandle adapted =
          MethodHandles.filterArguments(
              onSignal, 0, NUMBER.asType(MethodType.methodType(int.class, signal.getClass())));
      Object previous =
          HANDLE.invoke(signal, MethodHandleProxies.asInterfaceInstance(HANDLER, adapted));
      return () -> restore(signal, previous);
    } catch (Throwable e) {
      throw new IllegalStateException("cannot handle SIG" + name, e);
    }
  }

  private static void restore(Object signal, Object handler) {
    try {
      HANDLE.invoke(signal, handler);
    } catch (Throwable e) {
      throw new IllegalStateException("cannot restore the handler of " + signal, e);
    }
  }
}
