# Language, warnings, sanitizers, and reproducible paths: what every target of the tree shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# -O3 makes nothing of this faster that was measured, takes longer, and g++ 12 then warns of its own string code (bug 105651).
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

option(ASSAY_WERROR "Warnings are errors" OFF)
# Sixteen files of a folder in one go: the whole takes half the time, one changed file some times its own.
option(ASSAY_UNITY "Compile the files of a folder together" OFF)
option(ASSAY_FUZZ "Fuzz targets (clang with libFuzzer)" OFF)
set(ASSAY_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wpedantic -fno-omit-frame-pointer -g1)
# The same object file whatever folder the checkout is in: no path of the machine in a binary, and ccache hits across clones.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)  # bug 105651 again, which -O2 shows too
endif()
if(ASSAY_WERROR)
  add_compile_options(-Werror)
endif()
if(ASSAY_SANITIZE)
  # Undefined behaviour ends the test, as the other sanitizers' findings do; by default it would be a line on stderr.
  add_compile_options(-fsanitize=${ASSAY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ASSAY_SANITIZE})
endif()
if(ASSAY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link -O1)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  ${CCACHE_PROGRAM})
endif()

find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
