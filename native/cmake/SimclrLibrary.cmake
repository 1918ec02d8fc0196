# How the libraries of this project are compiled and linked.

# A shared library that exports the functions of native/include/sct and nothing else.
function(simclr_add_library name)
  add_library(${name} SHARED ${ARGN})
  target_include_directories(
    ${name}
    PUBLIC "${PROJECT_SOURCE_DIR}/native/include"
    PRIVATE "${PROJECT_SOURCE_DIR}/native/src" "${PROJECT_SOURCE_DIR}/native/kernels")
  target_compile_options(
    ${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Werror -fopenmp>)
  set_target_properties(
    ${name}
    PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               BUILD_RPATH "${SIMCLR_TORCH_HOME}/lib"
               LINK_DEPENDS "${PROJECT_SOURCE_DIR}/native/cmake/exports.map")
  # now: a libtorch that does not fit is an error when loading, not the end of the process later.
  # version-script: the weak symbols of libtorch's templates would be exported otherwise.
  target_link_options(
    ${name} PRIVATE -fopenmp -Wl,-z,now
    "-Wl,--version-script=${PROJECT_SOURCE_DIR}/native/cmake/exports.map")
  if(NOT SIMCLR_SANITIZE) # the sanitizers' runtime is resolved from the program
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# Kernel variants: <noun>_avx2.cpp and <noun>_avx512*.cpp are compiled for their instruction set.
# Such files include intrinsics, stdint and our plain headers only: an inline function of a library
# header that is compiled for AVX-512 could be the one that the linker keeps for everybody.
function(simclr_set_isa_flags)
  foreach(source ${ARGN})
    if(source MATCHES "_avx2\\.cpp$")
      set(flags -mavx2 -mfma -mf16c)
    elseif(source MATCHES "_avx512bf16\\.cpp$")
      set(flags -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mavx512bf16)
    elseif(source MATCHES "_avx512vbmi\\.cpp$")
      set(flags -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mavx512vbmi)
    elseif(source MATCHES "_avx512\\.cpp$")
      set(flags -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma)
    else()
      continue()
    endif()
    if(source MATCHES "_avx512" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # GCC's own avx512fintrin.h trips them (GCC bug 105593).
      list(APPEND flags -Wno-uninitialized -Wno-maybe-uninitialized)
    endif()
    set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS "${flags}")
  endforeach()
endfunction()
