# libsimclr_torch_cuda.so: our CUDA kernels, streams and memory statistics.
#
# Built where libtorch is a CUDA build, nvcc is there, and both are of the same major release;
# otherwise one line says why it is left out. The main library never links CUDA.

set(SIMCLR_CUDA_ARCHITECTURES "80-real;90" CACHE STRING "GPU architectures; the last with PTX")

# What the host computes for the GPU is computed as for the CPU. The main library exports none of it,
# so this one has its own copy.
set(SIMCLR_AUGMENT_TABLES "${PROJECT_SOURCE_DIR}/native/kernels/cpu/augment_blur.cpp"
                          "${PROJECT_SOURCE_DIR}/native/kernels/cpu/augment_resize.cpp")

# Sets `result` to the nvcc that compiles for this libtorch, or to nothing.
function(simclr_find_nvcc result)
  set(${result} "" PARENT_SCOPE)
  if(NOT SIMCLR_TORCH_KIND STREQUAL "cuda")
    return()
  endif()
  find_program(nvcc nvcc HINTS "$ENV{CUDA_HOME}/bin" /usr/local/cuda/bin NO_CACHE)
  if(NOT nvcc)
    message(STATUS "CUDA kernels are left out: no nvcc on PATH or in /usr/local/cuda/bin")
    return()
  endif()
  execute_process(COMMAND "${nvcc}" --version OUTPUT_VARIABLE nvcc_version)
  string(REGEX MATCH "release ([0-9]+)" _ "${nvcc_version}")
  set(nvcc_major "${CMAKE_MATCH_1}")
  string(REGEX MATCH "^cu([0-9]+)[0-9]$" _ "${SIMCLR_TORCH_FLAVOUR}")
  if(CMAKE_MATCH_1 AND NOT CMAKE_MATCH_1 STREQUAL nvcc_major)
    message(STATUS "CUDA kernels are left out: nvcc is of CUDA ${nvcc_major}, "
                   "libtorch of CUDA ${CMAKE_MATCH_1}")
    return()
  endif()
  set(${result} "${nvcc}" PARENT_SCOPE)
endfunction()

# Outside of a function, whose end the rules for compiling CUDA would not outlive.
simclr_find_nvcc(SIMCLR_NVCC)
if(SIMCLR_NVCC)
  set(CMAKE_CUDA_COMPILER "${SIMCLR_NVCC}")
  set(CMAKE_CUDA_ARCHITECTURES "${SIMCLR_CUDA_ARCHITECTURES}")
  set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD 17) # CMake up to 3.25 knows no later one of nvcc
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_EXTENSIONS OFF)
  find_package(CUDAToolkit REQUIRED)
endif()

function(simclr_add_cuda_library name)
  if(NOT SIMCLR_NVCC)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/native/src/cuda/*.cpp"
       "${PROJECT_SOURCE_DIR}/native/kernels/cuda/*.cu")
  simclr_add_library(${name} ${sources} ${SIMCLR_AUGMENT_TABLES})
  target_compile_options(
    ${name} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings;-Xcompiler=-Wall,-Wextra>")
  # Nothing of ours refers to libtorch_cuda by name where ops go through the dispatcher, and yet it
  # must be there.
  target_link_options(${name} PRIVATE -Wl,--no-as-needed)
  target_link_libraries(
    ${name} PRIVATE simclr_torch simclr::libtorch "${SIMCLR_TORCH_HOME}/lib/libtorch_cuda.so"
                    "${SIMCLR_TORCH_HOME}/lib/libc10_cuda.so" CUDA::cudart)
endfunction()
