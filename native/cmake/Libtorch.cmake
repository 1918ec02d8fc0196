# Finds libtorch and makes it the target simclr::libtorch.
#
# Plain include and link flags instead of find_package(Torch), whose CUDA path demands the whole
# toolkit. Sets SIMCLR_TORCH_HOME, SIMCLR_TORCH_VERSION ("2.13.0"), SIMCLR_TORCH_FLAVOUR ("cpu",
# "cu130") and SIMCLR_TORCH_KIND ("cpu" or "cuda").

find_program(SIMCLR_PYTHON python3 NO_CACHE)
if(NOT SIMCLR_PYTHON)
  message(FATAL_ERROR "simclr: python3 is not on PATH; install it: apt-get install python3")
endif()

# At every configuration, so that a changed LIBTORCH is seen. It takes a fifth of a second where
# there is something to find. Its messages go straight to stderr.
execute_process(
  COMMAND "${SIMCLR_PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/find_libtorch.py"
  OUTPUT_VARIABLE found
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "simclr: no libtorch to build against, see above")
endif()
string(JSON SIMCLR_TORCH_HOME GET "${found}" root)
string(JSON SIMCLR_TORCH_VERSION GET "${found}" version)
string(JSON SIMCLR_TORCH_FLAVOUR GET "${found}" flavour)
string(JSON SIMCLR_TORCH_KIND GET "${found}" kind)
message(STATUS "libtorch ${SIMCLR_TORCH_VERSION} (${SIMCLR_TORCH_FLAVOUR}): ${SIMCLR_TORCH_HOME}")

add_library(simclr_libtorch INTERFACE)
add_library(simclr::libtorch ALIAS simclr_libtorch)
target_include_directories(
  simclr_libtorch SYSTEM
  INTERFACE "${SIMCLR_TORCH_HOME}/include" "${SIMCLR_TORCH_HOME}/include/torch/csrc/api/include")
target_link_libraries(
  simclr_libtorch INTERFACE "${SIMCLR_TORCH_HOME}/lib/libtorch_cpu.so"
                            "${SIMCLR_TORCH_HOME}/lib/libc10.so")
# The libraries that a CUDA libtorch_cpu needs in turn are found at run time, through its RPATHs.
target_link_options(simclr_libtorch INTERFACE -Wl,--allow-shlib-undefined)
