# The server's start is tested with the real sallyport-server and login-record in a folder of their own, beside stand-ins for
# net and terminal. They are copies, since a program finds its internal ones from where it really lies.
set(SERVER_PREFIX ${PROJECT_BINARY_DIR}/tests/server_prefix)
foreach(name net terminal)
  add_executable(${name}_stand_in ${CMAKE_CURRENT_SOURCE_DIR}/server/stand_ins/${name}_stand_in.cc)
  target_include_directories(${name}_stand_in PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}_stand_in PRIVATE sallyport_warnings sallyport_server_common)
  set_target_properties(${name}_stand_in PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${SERVER_PREFIX}/libexec/sallyport)
endforeach()
add_custom_target(server_prefix
  COMMAND ${CMAKE_COMMAND} -E make_directory ${SERVER_PREFIX}/bin
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:sallyport_server_program> ${SERVER_PREFIX}/bin/sallyport-server
  COMMAND ${CMAKE_COMMAND} -E create_symlink sallyport-server ${SERVER_PREFIX}/bin/mosh-server
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:sallyport_login_record_program>
          ${SERVER_PREFIX}/libexec/sallyport/login-record
  DEPENDS sallyport_server_program sallyport_login_record_program net_stand_in terminal_stand_in)
add_dependencies(server_tests server_prefix)
target_compile_definitions(server_tests PRIVATE SERVER_PREFIX="${SERVER_PREFIX}")
# The terminal program's loop, which is in no library.
target_sources(server_tests PRIVATE ${PROJECT_SOURCE_DIR}/server/terminal_session.cc)
target_link_libraries(server_tests PRIVATE sallyport_terminal)
