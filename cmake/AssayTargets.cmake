# assay_library(NAME [COLD] SOURCES a.cc … [COLD_SOURCES c.cc …] [SEPARATE b.cc …] DEPS base stats … LIBS fmt::fmt …)
#   One folder of src/ as a static library `assay_NAME`. DEPS are other folders, LIBS third-party targets. With ASSAY_UNITY
#   its files are compiled together, but for the SEPARATE ones, which have names of their own that others have too. COLD: nothing
#   of it runs while something is measured, or so rarely that it does not matter (assay_cold); of COLD_SOURCES, nothing of those.
#   The program is linked with all that is not COLD before the rest (src/cli/CMakeLists.txt).
# assay_cold(TARGET)
#   Little optimized in a Release build, which takes little more than half the time to compile.
# assay_test(NAME SOURCES a_test.cc … [SEPARATE b_test.cc …] DEPS base … LIBS …)
#   The folder's unit tests, one binary `NAME_test`, each test case known to ctest. Needs nothing but the build. RUN_SERIAL for
#   tests that compare times with theory: nothing else runs beside them. SEPARATE as in assay_library.
# assay_livetest(NAME SERVER postgres [ALONE Name] SOURCES a_livetest.cc … [SEPARATE …] DEPS …)
#   Tests that need a real server; ctest label `live`. The runner starts the server and sets its environment. One at a time uses
#   a server. PREFIX goes before the names of tests whose sources are also in a unit test. ALONE: a part of the names of those that
#   kill or freeze the server, beside which nothing runs: the tests of the command use it, too, and do not wait for it.
# assay_test_code(TARGET)
#   Code of tests: compiled together with ASSAY_UNITY, and not optimized, which compiles faster; what it tests is.
# assay_program(NAME SOURCES main.cc … DEPS … LIBS …)
#   An executable at the root of the build folder: build/NAME.
# assay_python_test(SCRIPT LABELS unit|cli|browser … [PREFIX sqlite.] [TIMEOUT s] [ENVIRONMENT A=b …] [RUN_SERIAL] [ALONE test_a …] [LOCK server] [COST s])
#   Each `def test_…` of a unittest script as a test of its own. COST: the longest begin first. ALONE: those that are RUN_SERIAL. The variable ASSAY_BUILD is the build folder.
#
# Tests of base, stats, runtime, core and the drivers (with the conformance suite) also have the label `sanitized`, but for
# ASSAY_UNSANITIZED; the target `sanitized_tests` builds them. They are what the asan and tsan stages of `make test` run.
function(assay_cold TARGET)
  target_compile_options(${TARGET} PRIVATE $<$<CONFIG:Release>:-Og>)
endfunction()

function(assay_test_code TARGET)
  target_compile_options(${TARGET} PRIVATE $<$<CONFIG:Release>:-O0>)
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 16)
endfunction()

function(assay_library NAME)
  cmake_parse_arguments(ARG "COLD" "" "SOURCES;COLD_SOURCES;SEPARATE;DEPS;LIBS" ${ARGN})
  add_library(assay_${NAME} STATIC ${ARG_SOURCES} ${ARG_SEPARATE})
  set_source_files_properties(${ARG_SEPARATE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set_property(GLOBAL APPEND PROPERTY ASSAY_LIBRARIES ${NAME})
  target_include_directories(assay_${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  set_target_properties(assay_${NAME} PROPERTIES UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 16)
  if(ARG_COLD)
    assay_cold(assay_${NAME})
  else()
    set_property(GLOBAL APPEND PROPERTY ASSAY_WARM_LIBRARIES ${NAME})
  endif()
  list(TRANSFORM ARG_DEPS PREPEND assay_)
  target_link_libraries(assay_${NAME} PUBLIC ${ARG_DEPS} ${ARG_LIBS})
  if(ARG_COLD_SOURCES)
    add_library(assay_${NAME}_cold OBJECT ${ARG_COLD_SOURCES})
    target_include_directories(assay_${NAME}_cold PRIVATE ${CMAKE_SOURCE_DIR}/src)
    set_target_properties(assay_${NAME}_cold PROPERTIES UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 16)
    target_link_libraries(assay_${NAME}_cold PRIVATE ${ARG_DEPS} ${ARG_LIBS})
    assay_cold(assay_${NAME}_cold)
    target_sources(assay_${NAME} PRIVATE $<TARGET_OBJECTS:assay_${NAME}_cold>)
  endif()
endfunction()

function(assay_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPS PREPEND assay_)
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPS} ${ARG_LIBS})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
    UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 16)
endfunction()

include(GoogleTest)
find_package(GTest)
set(ASSAY_CPP_TESTS OFF)
if(BUILD_TESTING AND TARGET GTest::gmock AND TARGET GTest::gtest) # libgtest-dev alone is not enough
  set(ASSAY_CPP_TESTS ON)
elseif(BUILD_TESTING)
  message(STATUS "No GoogleTest (packages libgtest-dev libgmock-dev): the C++ tests are left out")
endif()
add_custom_target(sanitized_tests)
# Drivers that ThreadSanitizer is spared: their sessions are fibers of one thread like those of postgres and mysql, over the same
# core, and their servers are slow. librdkafka starts threads by thrd_create(), of which that of g++ 12 knows nothing and ends.
set(ASSAY_UNSANITIZED)
if(ASSAY_SANITIZE STREQUAL "thread")
  set(ASSAY_UNSANITIZED drivers/kafka drivers/mongodb drivers/neo4j)
endif()

# assay_discover(BINARY LABELS unit … [PREFIX sqlite.] [ALONE Name] PROPERTIES TIMEOUT s …): each test case of a GoogleTest binary
# as a test with these labels; those with ALONE in their names are RUN_SERIAL.
function(assay_discover BINARY)
  cmake_parse_arguments(ARG "" "PREFIX;ALONE" "LABELS;PROPERTIES" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  if(folder MATCHES "^(base|stats|runtime|core|drivers)(/|$)" AND NOT folder IN_LIST ASSAY_UNSANITIZED AND NOT ARG_PREFIX MATCHES libpq)
    list(APPEND ARG_LABELS sanitized)
    add_dependencies(sanitized_tests ${BINARY})
  endif()
  if(folder MATCHES "^drivers/null$") # its scripted stalls and rates are of the machine's own clock
    list(APPEND ARG_LABELS clock)
  endif()
  set(prefix)
  if(ARG_PREFIX)
    set(prefix TEST_PREFIX ${ARG_PREFIX})
  endif()
  set(tests ${BINARY}_${ARG_PREFIX}_TESTS)
  gtest_discover_tests(${BINARY} DISCOVERY_MODE PRE_TEST ${prefix} TEST_LIST ${tests} TEST_FILTER -*.DISABLED_* PROPERTIES ${ARG_PROPERTIES})
  # gtest_discover_tests cannot take a property that is a list: it keeps the first label only. Set them when ctest has the names.
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${BINARY}_${ARG_PREFIX}labels.cmake)
  set(alone)
  if(ARG_ALONE)
    set(alone "
  if(test MATCHES \"${ARG_ALONE}\")
    set_tests_properties(\"\${test}\" PROPERTIES RUN_SERIAL ON)
  endif()")
  endif()
  file(WRITE ${script} "foreach(test IN LISTS ${tests})
  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${ARG_LABELS}\")${alone}
endforeach()
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()

function(assay_test NAME)
  cmake_parse_arguments(ARG "RUN_SERIAL" "" "SOURCES;SEPARATE;DEPS;LIBS" ${ARGN})
  if(NOT ARG_RUN_SERIAL)
    set(ARG_RUN_SERIAL OFF)
  endif()
  if(NOT ASSAY_CPP_TESTS)
    return()
  endif()
  add_executable(${NAME}_test ${ARG_SOURCES} ${ARG_SEPARATE})
  set_source_files_properties(${ARG_SEPARATE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  assay_test_code(${NAME}_test)
  list(TRANSFORM ARG_DEPS PREPEND assay_)
  target_link_libraries(${NAME}_test PRIVATE ${ARG_DEPS} ${ARG_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  assay_discover(${NAME}_test LABELS unit PROPERTIES TIMEOUT 300 RUN_SERIAL ${ARG_RUN_SERIAL})
endfunction()

function(assay_livetest NAME)
  cmake_parse_arguments(ARG "" "SERVER;PREFIX;ALONE" "SOURCES;SEPARATE;DEPS;LIBS" ${ARGN})
  if(NOT ASSAY_CPP_TESTS)
    return()
  endif()
  add_executable(${NAME}_livetest ${ARG_SOURCES} ${ARG_SEPARATE})
  set_source_files_properties(${ARG_SEPARATE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  assay_test_code(${NAME}_livetest)
  list(TRANSFORM ARG_DEPS PREPEND assay_)
  target_link_libraries(${NAME}_livetest PRIVATE ${ARG_DEPS} ${ARG_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  assay_discover(${NAME}_livetest PREFIX "${ARG_PREFIX}" ALONE "${ARG_ALONE}" LABELS live ${ARG_SERVER}
                 PROPERTIES TIMEOUT 300 RESOURCE_LOCK ${ARG_SERVER})
endfunction()

# Debian's own interpreter first: it is the one that has the packages that tools/setup.sh installs.
if(EXISTS /usr/bin/python3 AND NOT DEFINED Python3_EXECUTABLE)
  set(Python3_EXECUTABLE /usr/bin/python3)
endif()
find_package(Python3 COMPONENTS Interpreter)
function(assay_python_test SCRIPT)
  cmake_parse_arguments(ARG "RUN_SERIAL" "TIMEOUT;PREFIX;LOCK;COST" "LABELS;ENVIRONMENT;ALONE" ${ARGN})
  if(NOT Python3_FOUND OR NOT BUILD_TESTING)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 400)
  endif()
  if(NOT ARG_COST)
    set(ARG_COST 0)
  endif()
  get_filename_component(stem ${SCRIPT} NAME_WE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${SCRIPT})
  file(STRINGS ${SCRIPT} definitions REGEX "^ +def test_")
  foreach(definition ${definitions})
    string(REGEX REPLACE "^ +def (test_[A-Za-z0-9_]+).*" "\\1" case "${definition}")
    set(name ${ARG_PREFIX}${stem}.${case})
    add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/${SCRIPT} -v -k "*.${case}")
    set_tests_properties(${name} PROPERTIES
      LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} RUN_SERIAL ${ARG_RUN_SERIAL}
      RESOURCE_LOCK "${ARG_LOCK}" COST ${ARG_COST} ENVIRONMENT "ASSAY_BUILD=${CMAKE_BINARY_DIR};${ARG_ENVIRONMENT}"
      SKIP_REGULAR_EXPRESSION "OK \\(skipped=" FAIL_REGULAR_EXPRESSION "Ran 0 tests")
    if(case IN_LIST ARG_ALONE)
      set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endfunction()
