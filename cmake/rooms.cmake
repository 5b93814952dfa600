# The rooms (folders with one library each) and, in one list, who may use whom.
# scripts/check-includes enforces the same list for #include lines.
set(SALLYPORT_ROOMS base crypto net proto sync terminal privsep pty sandbox)
set(SALLYPORT_ROOM_base)
set(SALLYPORT_ROOM_crypto base)
set(SALLYPORT_ROOM_net base crypto)
set(SALLYPORT_ROOM_proto base)
set(SALLYPORT_ROOM_sync base net proto)
set(SALLYPORT_ROOM_terminal base)
set(SALLYPORT_ROOM_privsep base)
set(SALLYPORT_ROOM_pty base)
set(SALLYPORT_ROOM_sandbox base privsep)

# A room of headers alone still needs one source file.
file(WRITE ${PROJECT_BINARY_DIR}/room.cc "")

# add_room(NAME [SUBFOLDERS dir...] [PROTOS file...] [LIBRARIES target...])
# Makes the static library sallyport_NAME from every .cc file of the folder (and of the named subfolders).
function(add_room name)
  cmake_parse_arguments(ROOM "" "" "SUBFOLDERS;PROTOS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.cc ${name}/*.h)
  foreach(folder IN LISTS ROOM_SUBFOLDERS)
    file(GLOB more CONFIGURE_DEPENDS ${name}/${folder}/*.cc ${name}/${folder}/*.h)
    list(APPEND sources ${more})
  endforeach()
  if(name STREQUAL "base")
    file(GLOB more CONFIGURE_DEPENDS base/sys/*.cc base/sys/*.h)
    list(APPEND sources ${more})
  endif()
  add_library(sallyport_${name} STATIC ${sources} ${PROJECT_BINARY_DIR}/room.cc)
  set_target_properties(sallyport_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(sallyport_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(sallyport_${name} PRIVATE sallyport_warnings)
  target_link_libraries(sallyport_${name} PUBLIC sallyport_hardening sallyport_sanitizers ${ROOM_LIBRARIES})
  foreach(other IN LISTS SALLYPORT_ROOM_${name})
    target_link_libraries(sallyport_${name} PUBLIC sallyport_${other})
  endforeach()
  if(ROOM_PROTOS)
    list(TRANSFORM ROOM_PROTOS PREPEND ${PROJECT_SOURCE_DIR}/${name}/)
    # Generated code is a library of its own: our warnings are not for it.
    add_library(sallyport_${name}_messages STATIC)
    protobuf_generate(TARGET sallyport_${name}_messages LANGUAGE cpp PROTOS ${ROOM_PROTOS}
                      IMPORT_DIRS ${PROJECT_SOURCE_DIR} PROTOC_OUT_DIR ${PROJECT_BINARY_DIR}/generated
                      APPEND_PATH)
    target_include_directories(sallyport_${name}_messages SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/generated)
    target_link_libraries(sallyport_${name}_messages PUBLIC protobuf::libprotobuf-lite
                          PRIVATE sallyport_hardening sallyport_sanitizers)
    target_link_libraries(sallyport_${name} PUBLIC sallyport_${name}_messages)
  endif()
endfunction()
