# Writes native.properties beside the library: what the Java loader must know about this build.
function(simclr_write_build_facts library)
  file(STRINGS "${PROJECT_SOURCE_DIR}/native/include/sct/version.h" line
       REGEX "^#define SCT_ABI_VERSION [0-9]+$")
  string(REGEX MATCH "[0-9]+$" abi_version "${line}")
  if(NOT abi_version)
    message(FATAL_ERROR "no SCT_ABI_VERSION in native/include/sct/version.h")
  endif()
  # A backslash is the one character of a Linux path that a properties file needs escaped here.
  string(REPLACE "\\" "\\\\" torch_home "${SIMCLR_TORCH_HOME}")
  file(
    GENERATE
    OUTPUT "${PROJECT_BINARY_DIR}/native.properties"
    CONTENT
      "torch.version=${SIMCLR_TORCH_VERSION}
torch.flavour=${SIMCLR_TORCH_FLAVOUR}
torch.home=${torch_home}
abi.version=${abi_version}
compiler=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}
build.type=${CMAKE_BUILD_TYPE}
")
  target_compile_definitions(
    ${library}
    PRIVATE SCT_BUILD_COMPILER="${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
            SCT_BUILD_TYPE="${CMAKE_BUILD_TYPE}" SCT_BUILD_TORCH_FLAVOUR="${SIMCLR_TORCH_FLAVOUR}")
endfunction()
