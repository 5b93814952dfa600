add_library(hostile_flood OBJECT hostile/evil_messages.cc hostile/flood.cc hostile/permitted.cc hostile/stage.cc)
target_include_directories(hostile_flood PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(hostile_flood PRIVATE sallyport_server sallyport_warnings)
target_sources(hostile_tests PRIVATE $<TARGET_OBJECTS:hostile_flood>)
target_link_libraries(hostile_tests PRIVATE sallyport_server)
include(hostile/mutants.cmake)
list(TRANSFORM HOSTILE_MUTANTS REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE mutant_names)
list(JOIN mutant_names "," mutant_names)
target_compile_definitions(hostile_tests PRIVATE HOSTILE_MUTANTS="${CMAKE_CURRENT_BINARY_DIR}" "HOSTILE_MUTANT_NAMES=${mutant_names}")
# Net's and the terminal's loops, which are in no library.
target_sources(hostile_tests PRIVATE hostile/net_rig.cc ${PROJECT_SOURCE_DIR}/server/net_session.cc
  ${PROJECT_SOURCE_DIR}/server/frame_channel.cc ${PROJECT_SOURCE_DIR}/server/terminal_session.cc)
target_link_libraries(hostile_tests PRIVATE sallyport_sync sallyport_net sallyport_crypto sallyport_proto sallyport_terminal)
