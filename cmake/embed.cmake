# embed(TARGET_VAR NAME FILES…): compiles files into the program as the table NAME of embedded.h's
# struct embedded, and puts the C file to add to the room's SOURCES into TARGET_VAR.
function(embed out_var name)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} "-DFILES=${ARGN}" -P ${CMAKE_SOURCE_DIR}/cmake/embed_run.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed_run.cmake
    COMMENT "embedding ${name}" VERBATIM)
  set(${out_var} ${out} PARENT_SCOPE)
endfunction()
