package dev.simclr.torch.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The names that a 64-bit little-endian ELF file defines for the dynamic linker. */
final class ElfExports {
  private static final int SHT_DYNSYM = 11;
  private static final int SYMBOL_BYTES = 24;
  private static final int STB_LOCAL = 0;
  private static final int SHN_UNDEF = 0;
  private static final int SHN_ABS = 0xfff1;

  private ElfExports() {}

  static List<String> of(byte[] file) {
    ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (elf.getInt(0) != 0x464c457f || elf.get(4) != 2 || elf.get(5) != 1) {
      throw new IllegalArgumentException("not a 64-bit little-endian ELF file");
    }
    int sections = Math.toIntExact(elf.getLong(40));
    int sectionBytes = Short.toUnsignedInt(elf.getShort(58));
    int count = Short.toUnsignedInt(elf.getShort(60));
    for (int i = 0; i < count; i++) {
      int section = sections + i * sectionBytes;
      if (elf.getInt(section + 4) == SHT_DYNSYM) {
        int names = sections + elf.getInt(section + 40) * sectionBytes;
        return symbols(
            elf,
            Math.toIntExact(elf.getLong(section + 24)),
            Math.toIntExact(elf.getLong(section + 32)),
            Math.toIntExact(elf.getLong(names + 24)));
      }
    }
    throw new IllegalArgumentException("the ELF file has no dynamic symbols");
  }

  private static List<String> symbols(ByteBuffer elf, int offset, int bytes, int names) {
    List<String> found = new ArrayList<>();
    for (int symbol = offset; symbol < offset + bytes; symbol += SYMBOL_BYTES) {
      int binding = (elf.get(symbol + 4) & 0xff) >> 4;
      int section = Short.toUnsignedInt(elf.getShort(symbol + 6));
      // The names of version nodes are absolute symbols.
      if (binding != STB_LOCAL && section != SHN_UNDEF && section != SHN_ABS) {
        found.add(text(elf, names + elf.getInt(symbol)));
      }
    }
    return found;
  }

  private static String text(ByteBuffer elf, int offset) {
    int end = offset;
    while (elf.get(end) != 0) {
      end++;
    }
    return new String(elf.array(), offset, end - offset, StandardCharsets.UTF_8);
  }
}
