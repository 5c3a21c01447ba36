# What every room shares: its compiler flags, and the two verbs that make rooms and tests.

find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# Every target of ours takes these; generated code (gen/) does not.
add_library(house INTERFACE)
target_compile_options(house INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wwrite-strings -Wpointer-arith -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough)
target_compile_definitions(house INTERFACE _GNU_SOURCE)
target_include_directories(house INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})

# room(crypto SOURCES key.c cert.c USES base PkgConfig::SSL): one static library per folder.
# USES is public: a static library's needs are its user's needs at link time.
function(room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(${name} PUBLIC house ${ROOM_USES})
endfunction()

# house_test(crypto/cms SOURCES test_cms.c USES crypto [WRAPS calloc] [TORTURED] [LABELS …]): one cmocka program,
# one ctest. TORTURED: allocations fail as tests/support/torture.h says.
function(house_test name)
  cmake_parse_arguments(TEST "TORTURED" "" "SOURCES;USES;WRAPS;LABELS" ${ARGN})
  string(REPLACE "/" "_" target "test_${name}")
  add_executable(${target} ${TEST_SOURCES})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${target} PRIVATE house ${TEST_USES} PkgConfig::CMOCKA)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  if(TEST_TORTURED)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/torture.c)
    target_link_libraries(${target} PRIVATE PkgConfig::LIBCRYPTO PkgConfig::XMLSEC PkgConfig::CJSON)
    list(APPEND TEST_WRAPS malloc calloc realloc strdup strndup)
  endif()
  foreach(symbol ${TEST_WRAPS})
    target_link_options(${target} PRIVATE -Wl,--wrap=${symbol})
  endforeach()
  add_test(NAME unit/${name} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit/${name} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77 LABELS "unit;${TEST_LABELS}")
endfunction()
