# The core over other numbers than double: the sources of pb_core.h, each compiled as C++ with
# dual.hpp before it. Where the compiler cannot, the rest is built without.

check_language(CXX)
if(NOT CMAKE_CXX_COMPILER)
  message(STATUS "No derivatives: there is no C++ compiler")
  return()
endif()
enable_language(CXX)
set(arithmetic "${CMAKE_CURRENT_LIST_DIR}")

# Try whether ${source} compiles and links.
function(try_source variable source)
  try_compile(${variable} "${CMAKE_CURRENT_BINARY_DIR}/${variable}"
    SOURCES "${arithmetic}/${source}" COMPILE_DEFINITIONS -std=gnu++20 LINK_LIBRARIES m)
  if(NOT ${variable})
    message(STATUS "${ARGN}: ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} cannot compile "
      "${source}")
  endif()
endfunction()

try_source(PB_HAVE_INITIALIZERS try_initializers.cpp "No derivatives")
if(NOT PB_HAVE_INITIALIZERS)
  return()
endif()

# Build the extension ${name} whose numbers are those of dual.hpp with these definitions.
function(add_arithmetic name)
  set(sources "")
  foreach(source ${pb_chain_sources})
    set(file "${CMAKE_CURRENT_BINARY_DIR}/${name}/${source}.cpp")
    file(CONFIGURE OUTPUT "${file}" CONTENT "#include \"${CMAKE_SOURCE_DIR}/csrc/${source}.c\"\n")
    list(APPEND sources "${file}")
  endforeach()
  add_library(pb${name} OBJECT ${sources} "${arithmetic}/transfer.cpp" "${arithmetic}/gradient.cpp")
  set_target_properties(pb${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
  target_include_directories(pb${name} PUBLIC csrc "${arithmetic}")
  # Few lanes: a dual number is as large as nine doubles.
  target_compile_definitions(pb${name} PUBLIC PB_LANES=8 ${ARGN})
  if(PB_HAVE_TARGET_CLONES)
    target_compile_definitions(pb${name} PRIVATE PB_HAVE_TARGET_CLONES)
  endif()
  # The core leaves out initializers that are 0, as C does.
  target_compile_options(pb${name} PRIVATE ${pb_cxx_flags} -include "${arithmetic}/dual.hpp"
    -Wall -Wextra -Wno-missing-field-initializers $<$<BOOL:${PB_WERROR}>:-Werror>)

  read_declarations(declarations "${CMAKE_SOURCE_DIR}/csrc/pb_core.h" "${arithmetic}/transfer.h"
    "${arithmetic}/gradient.h")
  # Comments stay as they are: cffi passes over them.
  string(REGEX REPLACE "([^a-zA-Z_])double([^a-zA-Z_])" "\\1pb_dual\\2"
    declarations "${declarations}")
  string(REPLACE "pb_plain" "double" declarations "${declarations}")
  add_interface(${name} .cpp "typedef struct { ...; } pb_dual;\n${declarations}"
    "#include \"dual.hpp\"\n#include \"gradient.h\"\n#include \"transfer.h\"\n#undef double\n")
  add_extension(${name} .cpp pb${name})
  target_compile_options(${name} PRIVATE ${pb_cxx_flags})
endfunction()

set(pb_cxx_flags ${pb_flags})
list(TRANSFORM pb_cxx_flags REPLACE "^-std=c11$" "-std=gnu++20")
add_arithmetic(_core_dual)

try_source(PB_HAVE_BINARY128 try_binary128.cpp "No exact values")
if(PB_HAVE_BINARY128)
  add_arithmetic(_core_truth PB_BINARY128)
endif()
