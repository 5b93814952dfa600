add_library(hostile_flood OBJECT hostile/evil_messages.cc hostile/flood.cc hostile/permitted.cc
  hostile/raw_channel.cc hostile/stage.cc)
target_include_directories(hostile_flood PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(hostile_flood PRIVATE sallyport_server sallyport_warnings)
target_sources(hostile_tests PRIVATE $<TARGET_OBJECTS:hostile_flood>)
target_link_libraries(hostile_tests PRIVATE sallyport_server)
include(hostile/mutants.cmake)
list(TRANSFORM HOSTILE_MUTANTS REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE mutant_names)
list(JOIN mutant_names "," mutant_names)
target_compile_definitions(hostile_tests PRIVATE HOSTILE_MUTANTS="${CMAKE_CURRENT_BINARY_DIR}" "HOSTILE_MUTANT_NAMES=${mutant_names}")
# Net's and the terminal's loops, which are in no library.
# The function that hostile/wakefulness.cc stands before.
target_link_options(hostile_tests PRIVATE
  "-Wl,--wrap=_ZN9sallyport3sys5ppollESt4spanI6pollfdLm18446744073709551615EESt8optionalINSt6chrono8durationIlSt5ratioILl1ELl1000000EEEEE")
target_sources(hostile_tests PRIVATE hostile/net_rig.cc hostile/wakefulness.cc
  ${PROJECT_SOURCE_DIR}/server/net_session.cc
  ${PROJECT_SOURCE_DIR}/server/frame_channel.cc ${PROJECT_SOURCE_DIR}/server/terminal_session.cc)
target_link_libraries(hostile_tests PRIVATE sallyport_sync sallyport_net sallyport_crypto sallyport_proto sallyport_terminal)

# A live session: the real server and login-record beside an evil net and an evil terminal, in a folder of their own.
set(HOSTILE_PREFIX ${PROJECT_BINARY_DIR}/tests/hostile_prefix)
foreach(name evil_net evil_terminal victim_program)
  add_executable(${name} ${CMAKE_CURRENT_SOURCE_DIR}/hostile/stand_ins/${name}.cc hostile/evil_messages.cc hostile/permitted.cc
    hostile/raw_channel.cc)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE sallyport_warnings sallyport_server_common)
endforeach()
add_custom_target(hostile_prefix
  COMMAND ${CMAKE_COMMAND} -E make_directory ${HOSTILE_PREFIX}/bin ${HOSTILE_PREFIX}/libexec/sallyport
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:sallyport_server_program> ${HOSTILE_PREFIX}/bin/sallyport-server
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:victim_program> ${HOSTILE_PREFIX}/bin/victim_program
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:evil_net> ${HOSTILE_PREFIX}/libexec/sallyport/net
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:evil_terminal> ${HOSTILE_PREFIX}/libexec/sallyport/terminal
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:sallyport_login_record_program>
          ${HOSTILE_PREFIX}/libexec/sallyport/login-record
  DEPENDS sallyport_server_program sallyport_login_record_program evil_net evil_terminal victim_program)
add_dependencies(hostile_tests hostile_prefix)
target_compile_definitions(hostile_tests PRIVATE HOSTILE_PREFIX="${HOSTILE_PREFIX}")

# The same for the client, in folders that tests/e2e/client_compartments.py makes.
add_executable(evil_client hostile/stand_ins/evil_client.cc hostile/raw_channel.cc)
target_include_directories(evil_client PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(evil_client PRIVATE sallyport_warnings sallyport_privsep)
