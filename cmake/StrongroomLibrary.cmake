# One function per kind of target, so that a library's CMakeLists.txt is a few lines and no library can skip a gate.
#
# The four gates (ARCHITECTURE.md, "Layers"):
#   1. a dependency's layer number must be lower: configuring stops otherwise;
#   2. each library has its own include root and its dependencies' roots only;
#   3. <lib>_link_test links the whole archive with the declared dependencies and an empty main;
#   4. every public header compiles alone (target all_verify_interface_header_sets).

set(STRONGROOM_WARNINGS -Wall -Wextra -Wformat=2 -Wimplicit-fallthrough -Wnon-virtual-dtor
    -Woverloaded-virtual -Wshadow=local -Werror=format-security -Werror=return-type)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(REMOVE_ITEM STRONGROOM_WARNINGS -Wshadow=local)
  list(APPEND STRONGROOM_WARNINGS -Wthread-safety)
endif()
if(STRONGROOM_WERROR)
  list(APPEND STRONGROOM_WARNINGS -Werror)
endif()

# Hardening: the OpenSSF list less what g++ 12 lacks. Assertions of the standard library stay on in release builds.
set(STRONGROOM_HARDENING -D_GLIBCXX_ASSERTIONS -fstack-clash-protection -fstack-protector-strong
    -fcf-protection=full -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks
    -fno-strict-overflow -fno-strict-aliasing -fPIE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND STRONGROOM_HARDENING -fzero-call-used-regs=used-gpr)
endif()
if(NOT STRONGROOM_SANITIZE)
  list(APPEND STRONGROOM_HARDENING -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
set(STRONGROOM_LINK_HARDENING -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed)

function(strongroom_compile_settings target)
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_compile_options(${target} PRIVATE ${STRONGROOM_WARNINGS} ${STRONGROOM_HARDENING})
  strongroom_precompile(${target} strongroom_precompiled)
endfunction()

# GCC does not know in a precompiled header which of its parts are the system's, and warns of what it inlines from there.
set(STRONGROOM_PRECOMPILED_WARNINGS)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  foreach(flow array-bounds dangling-pointer maybe-uninitialized nonnull restrict stringop-overflow stringop-overread)
    list(APPEND STRONGROOM_PRECOMPILED_WARNINGS -Wno-error=${flow} -Wno-${flow})
  endforeach()
endif()

# Most of a source's time goes into reading the standard library. A build that starts from nothing and happens once (.ci/run)
# reads it once; elsewhere ccache serves better, which cannot see through precompiled headers.
function(strongroom_precompile target host)
  if(TARGET ${host} AND NOT target STREQUAL host)
    target_precompile_headers(${target} REUSE_FROM ${host})
    target_compile_options(${target} PRIVATE ${STRONGROOM_PRECOMPILED_WARNINGS})
  endif()
endfunction()

function(strongroom_make_precompiled)
  if(NOT STRONGROOM_PRECOMPILE)
    return()
  endif()
  set(standard <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <expected> <filesystem>
      <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility>
      <variant> <vector>)
  add_library(strongroom_precompiled OBJECT ${PROJECT_SOURCE_DIR}/cmake/link_test_main.cc)
  strongroom_compile_settings(strongroom_precompiled)
  target_precompile_headers(strongroom_precompiled PRIVATE ${standard})
  add_library(strongroom_tests_precompiled OBJECT ${PROJECT_SOURCE_DIR}/cmake/link_test_main.cc)
  strongroom_test_settings(strongroom_tests_precompiled)
  target_link_libraries(strongroom_tests_precompiled PRIVATE GTest::gmock)
  target_precompile_headers(strongroom_tests_precompiled PRIVATE ${standard} <gmock/gmock.h> <gtest/gtest.h>)
endfunction()

# Code of tests is compiled once and run once: without optimisation it takes half the time. What it tests is compiled as
# everywhere.
function(strongroom_test_settings target)
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_compile_options(${target} PRIVATE ${STRONGROOM_WARNINGS} -D_GLIBCXX_ASSERTIONS -fPIE -O0)
  if(STRONGROOM_LTO)
    target_compile_options(${target} PRIVATE -fno-lto)
  endif()
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  strongroom_precompile(${target} strongroom_tests_precompiled)
endfunction()

# Adds a test to those that the target unit_and_contract_tests builds, which is all that the sanitized builds need.
function(strongroom_add_test name target label timeout)
  add_test(NAME ${name} COMMAND ${target} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout})
  if(label MATCHES "^(unit|contract)$")
    add_dependencies(unit_and_contract_tests ${target})
  endif()
endfunction()

# strongroom_library(NAME base LAYER 0 DEPS ... THIRD_PARTY ... FLATBUFFERS a.fbs ...)
# Sources: src/*.cc. Public headers: include/strongroom/<name>/*.h. Tests: test/*_test.cc (one binary per library).
# TEST_DEPS and TEST_THIRD_PARTY are for the tests alone.
function(strongroom_library)
  cmake_parse_arguments(L "" "NAME;LAYER" "DEPS;THIRD_PARTY;PUBLIC_THIRD_PARTY;TEST_DEPS;TEST_THIRD_PARTY;FLATBUFFERS" ${ARGN})
  foreach(dep IN LISTS L_DEPS)
    get_target_property(dep_layer ${dep} STRONGROOM_LAYER)
    if(NOT dep_layer LESS L_LAYER)
      message(FATAL_ERROR "layering: ${L_NAME} (layer ${L_LAYER}) may not use ${dep} (layer ${dep_layer})")
    endif()
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS src/*.cc)
  file(GLOB headers CONFIGURE_DEPENDS include/strongroom/${L_NAME}/*.h)
  add_library(${L_NAME} STATIC ${sources})
  set_target_properties(${L_NAME} PROPERTIES STRONGROOM_LAYER ${L_LAYER} OUTPUT_NAME strongroom_${L_NAME})
  target_sources(${L_NAME} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_include_directories(${L_NAME} PRIVATE src)
  target_link_libraries(${L_NAME} PUBLIC ${L_DEPS} ${L_PUBLIC_THIRD_PARTY} PRIVATE ${L_THIRD_PARTY})
  strongroom_compile_settings(${L_NAME})
  if(L_FLATBUFFERS)
    strongroom_flatbuffers(${L_NAME} ${L_FLATBUFFERS})
  endif()

  add_executable(${L_NAME}_link_test ${PROJECT_SOURCE_DIR}/cmake/link_test_main.cc)
  target_link_libraries(${L_NAME}_link_test PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${L_NAME}>")
  target_compile_options(${L_NAME}_link_test PRIVATE ${STRONGROOM_HARDENING})
  set_target_properties(${L_NAME}_link_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/link_tests)

  file(GLOB tests CONFIGURE_DEPENDS test/*_test.cc)
  if(tests AND STRONGROOM_TESTS)
    add_executable(${L_NAME}_test ${tests})
    target_link_libraries(${L_NAME}_test PRIVATE ${L_NAME} ${L_TEST_DEPS} ${L_TEST_THIRD_PARTY} GTest::gmock_main)
    target_include_directories(${L_NAME}_test PRIVATE src test ${PROJECT_SOURCE_DIR}/tests/include)
    target_compile_definitions(${L_NAME}_test PRIVATE STRONGROOM_VECTORS_DIR="${PROJECT_SOURCE_DIR}/tests/vectors")
    strongroom_test_settings(${L_NAME}_test)
    strongroom_add_test(${L_NAME} ${L_NAME}_test unit 900)
  endif()
endfunction()

# Generates <name>_generated.h for each schema into a private include directory of the library. In a
# target of its own: generating must not wait for the library's dependencies to be built.
function(strongroom_flatbuffers target)
  set(generated)
  set(out_dir ${CMAKE_CURRENT_BINARY_DIR}/flatbuffers)
  foreach(schema IN LISTS ARGN)
    get_filename_component(stem ${schema} NAME_WE)
    set(out ${out_dir}/${stem}_generated.h)
    add_custom_command(OUTPUT ${out}
      COMMAND flatc --cpp --scoped-enums --cpp-std c++17 -o ${out_dir} ${CMAKE_CURRENT_SOURCE_DIR}/${schema}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${schema} VERBATIM)
    target_sources(${target} PRIVATE ${out})
    list(APPEND generated ${out})
  endforeach()
  add_custom_target(${target}_schema DEPENDS ${generated})
  add_dependencies(${target} ${target}_schema)
  target_include_directories(${target} SYSTEM PRIVATE ${out_dir})
endfunction()

# strongroom_program(NAME strongroomd DEPS ... THIRD_PARTY ...): sources main/*.cc, output in build/bin.
function(strongroom_program)
  cmake_parse_arguments(P "" "NAME" "SOURCES;DEPS;THIRD_PARTY" ${ARGN})
  add_executable(${P_NAME} ${P_SOURCES})
  target_link_libraries(${P_NAME} PRIVATE ${P_DEPS} ${P_THIRD_PARTY})
  target_link_options(${P_NAME} PRIVATE ${STRONGROOM_LINK_HARDENING})
  strongroom_compile_settings(${P_NAME})
  set_target_properties(${P_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
