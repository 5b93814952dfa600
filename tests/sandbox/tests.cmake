add_executable(policy_dump sandbox/policy_dump.cc)
target_link_libraries(policy_dump PRIVATE sallyport_sandbox sallyport_warnings)
add_executable(namespace_probe sandbox/namespace_probe.cc)
target_link_libraries(namespace_probe PRIVATE sallyport_warnings)
add_dependencies(sandbox_tests namespace_probe)
target_compile_definitions(sandbox_tests PRIVATE NAMESPACE_PROBE="$<TARGET_FILE:namespace_probe>")

add_executable(deny sandbox/deny.cc)
target_link_libraries(deny PRIVATE PkgConfig::LIBSECCOMP sallyport_warnings)

# The three confined programs again, from the objects of those that are installed, for tests/e2e/minimality.py
# (see sandbox/taken_away.cc). Sanitizers have permissions of their own, and so no minimum.
if(NOT SALLYPORT_SANITIZE AND NOT SALLYPORT_COVERAGE AND NOT SALLYPORT_FUZZERS)
  set(TAKEN_AWAY_PREFIX ${PROJECT_BINARY_DIR}/tests/taken_away)
  foreach(program server net terminal)
    set(real sallyport_${program}_program)
    add_executable(taken_away_${program} $<TARGET_OBJECTS:${real}> sandbox/taken_away.cc)
    target_include_directories(taken_away_${program} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(taken_away_${program} PRIVATE $<TARGET_PROPERTY:${real},LINK_LIBRARIES>)
    target_link_options(taken_away_${program} PRIVATE $<TARGET_PROPERTY:${real},LINK_OPTIONS>
      -Wl,--wrap=_ZN9sallyport7sandbox10net_policyEv,--wrap=_ZN9sallyport7sandbox15terminal_policyEv
      -Wl,--wrap=_ZN9sallyport7sandbox14monitor_policyEv,--wrap=clock_gettime)
    get_target_property(static ${real} SALLYPORT_STATIC)
    if(static)
      set_target_properties(taken_away_${program} PROPERTIES SALLYPORT_STATIC ON)
    endif()
    set_target_properties(taken_away_${program} PROPERTIES OUTPUT_NAME ${program}
      RUNTIME_OUTPUT_DIRECTORY ${TAKEN_AWAY_PREFIX}/libexec/sallyport)
  endforeach()
  set_target_properties(taken_away_server PROPERTIES OUTPUT_NAME sallyport-server
    RUNTIME_OUTPUT_DIRECTORY ${TAKEN_AWAY_PREFIX}/bin)
endif()
