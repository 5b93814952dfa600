# The hostile server, which tests/e2e/client_bad_input.py runs against the client.
file(GLOB hostile_server_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/client_hostile/*_attacks.cc
     ${CMAKE_CURRENT_SOURCE_DIR}/client_hostile/hostile_link.cc)
add_library(hostile_server_parts STATIC ${hostile_server_sources})
target_include_directories(hostile_server_parts PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(hostile_server_parts PRIVATE sallyport_warnings)
target_link_libraries(hostile_server_parts PUBLIC sallyport_sync sallyport_net sallyport_crypto sallyport_proto sallyport_base
                      sallyport_hardening sallyport_sanitizers)
add_executable(hostile_server client_hostile/hostile_server_main.cc)
target_link_libraries(hostile_server PRIVATE sallyport_warnings hostile_server_parts)
target_link_libraries(client_hostile_tests PRIVATE hostile_server_parts)
