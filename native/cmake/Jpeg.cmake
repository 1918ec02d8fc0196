# libsimclr_jpeg.so: JPEG decoding by libjpeg-turbo. Built where its header is there; otherwise one
# line says that Java's own decoder is used. It has nothing to do with libtorch.
include(CheckSymbolExists)

function(simclr_add_jpeg_library name)
  set(otherwise "JPEG files are decoded by Java's ImageIO, which is slower")
  find_package(JPEG QUIET)
  if(NOT JPEG_FOUND)
    message(NOTICE "simclr: ${otherwise}: no jpeglib.h; apt-get install libjpeg62-turbo-dev")
    return()
  endif()
  # Other libjpegs cannot decode a part of an image.
  set(CMAKE_REQUIRED_LIBRARIES JPEG::JPEG)
  check_symbol_exists(jpeg_crop_scanline "stddef.h;stdio.h;jpeglib.h" SIMCLR_JPEG_CAN_CROP)
  if(NOT SIMCLR_JPEG_CAN_CROP)
    message(NOTICE "simclr: ${otherwise}: ${JPEG_INCLUDE_DIRS}/jpeglib.h is not libjpeg-turbo's")
    return()
  endif()

  add_library(${name} SHARED "${PROJECT_SOURCE_DIR}/native/src/jpeg/jpeg.c")
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/native/include")
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wstrict-prototypes -Werror)
  target_link_libraries(${name} PRIVATE JPEG::JPEG)
  set(exports "${PROJECT_SOURCE_DIR}/native/cmake/exports_jpeg.map")
  set_target_properties(
    ${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}" C_VISIBILITY_PRESET hidden
                       LINK_DEPENDS "${exports}")
  target_link_options(${name} PRIVATE -Wl,-z,now "-Wl,--version-script=${exports}")
  if(NOT SIMCLR_SANITIZE) # the sanitizers' runtime is resolved from the program
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
