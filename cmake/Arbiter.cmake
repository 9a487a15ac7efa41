# The handful of words that every folder's CMakeLists.txt is written in.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_program(ARBITER_CCACHE ccache)
if(ARBITER_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${ARBITER_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${ARBITER_CCACHE})
endif()

add_compile_definitions(_POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
if(ARBITER_SANITIZE)
    add_compile_options(-fsanitize=${ARBITER_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${ARBITER_SANITIZE})
endif()

if(ARBITER_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link) # libraries need the coverage counters too
endif()

set(ARBITER_WARNINGS
    -Wall -Wextra -Werror -Wshadow -Wvla -Wformat=2 -Wno-format-nonliteral -Wundef
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wold-style-definition>)

function(arbiter_own_code TARGET)
    target_compile_options(${TARGET} PRIVATE ${ARBITER_WARNINGS})
    target_include_directories(${TARGET} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# arbiter_library(NAME SOURCES a.c ... LINK lib ...)
function(arbiter_library NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_library(${NAME} STATIC ${ARG_SOURCES})
    arbiter_own_code(${NAME})
    target_link_libraries(${NAME} PUBLIC ${ARG_LINK})
endfunction()

# arbiter_program(NAME SOURCES main.c ... LINK lib ...): lands in build/<preset>/bin/
function(arbiter_program NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${NAME} ${ARG_SOURCES})
    arbiter_own_code(${NAME})
    target_link_libraries(${NAME} PRIVATE ${ARG_LINK})
endfunction()

pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# arbiter_test(unit test_arena LINK base): the cmocka binary of tests/unit/test_arena.c.
# KIND is a folder of tests/ and becomes the ctest label; extra SOURCES are relative to the caller.
function(arbiter_test KIND NAME)
    cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;ARGS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(${NAME} ${PROJECT_SOURCE_DIR}/tests/${KIND}/${NAME}.c ${ARG_SOURCES})
    arbiter_own_code(${NAME})
    target_link_libraries(${NAME} PRIVATE ${ARG_LINK} PkgConfig::CMOCKA)
    set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${KIND}/${NAME} COMMAND ${NAME} ${ARG_ARGS}
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${KIND}/${NAME} PROPERTIES LABELS ${KIND} TIMEOUT ${ARG_TIMEOUT}
                         SKIP_RETURN_CODE 77)
endfunction()

# arbiter_fuzz(fuzz_yaml LINK yaml): tests/fuzz/fuzz_yaml.c with libFuzzer where ARBITER_FUZZ is on;
# elsewhere the same target replays its corpus (tests/fuzz/corpus/<name>/) as an ordinary test.
function(arbiter_fuzz NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    set(CORPUS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${NAME})
    if(ARBITER_FUZZ)
        add_executable(${NAME} ${PROJECT_SOURCE_DIR}/tests/fuzz/${NAME}.c ${ARG_SOURCES})
        target_link_options(${NAME} PRIVATE -fsanitize=fuzzer)
    else()
        add_executable(${NAME} ${PROJECT_SOURCE_DIR}/tests/fuzz/${NAME}.c
                       ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_corpus.c ${ARG_SOURCES})
        add_test(NAME fuzz/${NAME} COMMAND ${NAME} ${CORPUS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        set_tests_properties(fuzz/${NAME} PROPERTIES LABELS fuzz TIMEOUT 120)
    endif()
    arbiter_own_code(${NAME})
    target_link_libraries(${NAME} PRIVATE ${ARG_LINK})
    set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()
