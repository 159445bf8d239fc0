# ANTLR turns the grammars into C++ in the build tree; the grammars hold no code, so these files are never edited.
find_program(ANTLR4_TOOL antlr4 REQUIRED)
find_path(ANTLR4_INCLUDE_DIR antlr4-runtime.h PATH_SUFFIXES antlr4-runtime REQUIRED)
find_library(ANTLR4_LIBRARY NAMES libantlr4-runtime.a antlr4-runtime REQUIRED)

set(grammar_dir ${PROJECT_SOURCE_DIR}/grammar)
set(generated_dir ${CMAKE_BINARY_DIR}/antlr/generated)
file(MAKE_DIRECTORY ${generated_dir})
set(antlr_command ${ANTLR4_TOOL} -Dlanguage=Cpp -no-listener -no-visitor -Werror
  -package bulkhead::syntax::generated -lib ${generated_dir} -o ${generated_dir})
add_custom_command(
  OUTPUT ${generated_dir}/BulkheadLexer.cpp ${generated_dir}/BulkheadLexer.h ${generated_dir}/BulkheadLexer.tokens
  COMMAND ${antlr_command} BulkheadLexer.g4
  DEPENDS ${grammar_dir}/BulkheadLexer.g4
  WORKING_DIRECTORY ${grammar_dir} VERBATIM)
add_custom_command(
  OUTPUT ${generated_dir}/BulkheadParser.cpp ${generated_dir}/BulkheadParser.h
  COMMAND ${antlr_command} BulkheadParser.g4
  DEPENDS ${grammar_dir}/BulkheadParser.g4 ${generated_dir}/BulkheadLexer.tokens
  WORKING_DIRECTORY ${grammar_dir} VERBATIM)

# Not our code: no warnings, and no sanitizers, which would make it slow to compile and to run.
add_library(bulkhead_grammar STATIC
  ${generated_dir}/BulkheadLexer.cpp ${generated_dir}/BulkheadLexer.h
  ${generated_dir}/BulkheadParser.cpp ${generated_dir}/BulkheadParser.h)
target_include_directories(bulkhead_grammar SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/antlr ${ANTLR4_INCLUDE_DIR})
# The runtime's headers spell text as u8"…" and expect it to be char.
target_compile_options(bulkhead_grammar PUBLIC -fno-char8_t PRIVATE -w -O1 -fno-sanitize=all)
target_link_libraries(bulkhead_grammar PUBLIC ${ANTLR4_LIBRARY} Threads::Threads)

if(TARGET bulkhead_compiler_syntax)
  get_target_property(syntax_kind bulkhead_compiler_syntax TYPE)
  if(NOT syntax_kind STREQUAL "INTERFACE_LIBRARY")
    target_link_libraries(bulkhead_compiler_syntax PRIVATE bulkhead_grammar)
  endif()
endif()
