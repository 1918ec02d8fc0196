# libsimclr_torch_cuda.so: our CUDA kernels, streams and memory statistics.
#
# Built where libtorch is a CUDA build, nvcc is there, and both are of the same major release;
# otherwise one line says why it is left out. The main library never links CUDA.

set(SIMCLR_CUDA_ARCHITECTURES "80-real;90" CACHE STRING "GPU architectures; the last with PTX")

set(SIMCLR_AUGMENT_TABLES "${PROJECT_SOURCE_DIR}/native/kernels/cpu/augment_blur.cpp"
                          "${PROJECT_SOURCE_DIR}/native/kernels/cpu/augment_resize.cpp")

function(simclr_add_cuda_library name)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/native/src/cuda/*.cpp"
       "${PROJECT_SOURCE_DIR}/native/kernels/cuda/*.cu")
  if(NOT SIMCLR_TORCH_KIND STREQUAL "cuda" OR NOT sources)
    return()
  endif()
  find_program(SIMCLR_NVCC nvcc HINTS "$ENV{CUDA_HOME}/bin" /usr/local/cuda/bin NO_CACHE)
  if(NOT SIMCLR_NVCC)
    message(STATUS "CUDA kernels are left out: no nvcc on PATH or in /usr/local/cuda/bin")
    return()
  endif()
  execute_process(COMMAND "${SIMCLR_NVCC}" --version OUTPUT_VARIABLE nvcc_version)
  string(REGEX MATCH "release ([0-9]+)" _ "${nvcc_version}")
  set(nvcc_major "${CMAKE_MATCH_1}")
  string(REGEX MATCH "^cu([0-9]+)[0-9]$" _ "${SIMCLR_TORCH_FLAVOUR}")
  if(CMAKE_MATCH_1 AND NOT CMAKE_MATCH_1 STREQUAL nvcc_major)
    message(STATUS "CUDA kernels are left out: nvcc is of CUDA ${nvcc_major}, "
                   "libtorch of CUDA ${CMAKE_MATCH_1}")
    return()
  endif()

  set(CMAKE_CUDA_COMPILER "${SIMCLR_NVCC}")
  set(CMAKE_CUDA_ARCHITECTURES "${SIMCLR_CUDA_ARCHITECTURES}")
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)

  # What the host computes for the GPU is computed as for the CPU; the main library exports none of
  # it, so this one has its own copy.
  list(APPEND sources ${SIMCLR_AUGMENT_TABLES})
  simclr_add_library(${name} ${sources})
  target_compile_options(
    ${name} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings;-Xcompiler=-Wall,-Wextra>")
  # Nothing of ours refers to libtorch_cuda by name where ops go through the dispatcher, and yet it
  # must be there.
  target_link_options(${name} PRIVATE -Wl,--no-as-needed)
  target_link_libraries(
    ${name} PRIVATE simclr_torch simclr::libtorch "${SIMCLR_TORCH_HOME}/lib/libtorch_cuda.so"
                    "${SIMCLR_TORCH_HOME}/lib/libc10_cuda.so" CUDA::cudart)
endfunction()
