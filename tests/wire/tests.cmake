# Recorded sessions come from the simulator of tests/sync; live ones from programs that e2e suites run.
target_sources(wire_tests PRIVATE sync/simulator_testing.cc sync/stock_peer_testing.cc)
target_link_libraries(wire_tests PRIVATE sallyport_sync)
add_executable(forger wire/forger.cc)
target_include_directories(forger PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(forger PRIVATE sallyport_warnings sallyport_hardening sallyport_base)
set_target_properties(forger PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
add_dependencies(wire_tests forger flood_bench)   # for e2e.abuse and e2e.flood
