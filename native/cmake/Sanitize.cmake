# SIMCLR_SANITIZE: AddressSanitizer and UndefinedBehaviorSanitizer for everything of ours. libtorch
# itself is not instrumented, which is why vptr and alloc-dealloc checks across its border are off.
if(SIMCLR_SANITIZE)
  # -g1: lines for backtraces; the rest of what -g writes takes a third of the compiler's time.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()
