# add_program(NAME [INTERNAL] [STATIC] OUTPUT file SOURCES file... ROOMS room... [LIBRARIES target...])
# Programs go to build/PRESET/bin, internal ones to build/PRESET/libexec/sallyport, and install alike:
# a program finds its internal ones at ../libexec/sallyport from where it lies.
#
# STATIC: a static-pie program, for those whose libraries need no name service or plug-in: it starts faster, maps fewer pages, and
# nothing but its own file decides what runs in it. Elsewhere the C++ runtime is static and libc, libcrypto and zlib are shared.
# Not under sanitizers, which need the shared libraries.
# Each is a line of BUILD/programs.txt, by which scripts know what there is to look at.
set(SALLYPORT_LIBEXEC libexec/sallyport)
file(WRITE ${PROJECT_BINARY_DIR}/programs.txt "")
function(add_program name)
  cmake_parse_arguments(PROGRAM "INTERNAL;STATIC" "OUTPUT" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_executable(${name} ${PROGRAM_SOURCES})
  foreach(room IN LISTS PROGRAM_ROOMS)
    target_link_libraries(${name} PRIVATE sallyport_${room})
  endforeach()
  target_link_libraries(${name} PRIVATE sallyport_warnings sallyport_hardening sallyport_sanitizers
                        ${PROGRAM_LIBRARIES})
  if(NOT SALLYPORT_SANITIZE)
    if(PROGRAM_STATIC)
      set_target_properties(${name} PROPERTIES SALLYPORT_STATIC ON)
    else()
      target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
    endif()
  endif()
  set_target_properties(${name} PROPERTIES OUTPUT_NAME ${PROGRAM_OUTPUT})
  set(folder bin)
  if(PROGRAM_INTERNAL)
    set(folder ${SALLYPORT_LIBEXEC})
  endif()
  file(APPEND ${PROJECT_BINARY_DIR}/programs.txt "${folder}/${PROGRAM_OUTPUT}\n")
  if(PROGRAM_INTERNAL)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${SALLYPORT_LIBEXEC})
    install(TARGETS ${name} RUNTIME DESTINATION ${SALLYPORT_LIBEXEC})
  else()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()
