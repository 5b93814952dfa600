# Tests of the whole product: each suite is one ctest test e2e.NAME. They mostly wait, so that four can run at the same time.
# Those of the client come with its program.
set(bin ${PROJECT_BINARY_DIR}/bin/sallyport)
find_package(Python3 COMPONENTS Interpreter REQUIRED)
foreach(suite command_line interop abuse kill inventory differential secrets flood roaming degradation minimality faults figures
        client client_path client_prediction crossed password client_kill client_bad_input client_inventory client_degradation
        client_minimality client_compartments wrapper doctor)
  if(suite MATCHES "client|crossed|password" AND NOT EXISTS ${PROJECT_SOURCE_DIR}/client/guard/CMakeLists.txt)
    continue()
  endif()
  if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/${suite}.py)
    add_test(NAME e2e.${suite} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${suite}.py)
    set_tests_properties(e2e.${suite} PROPERTIES TIMEOUT 1800 LABELS e2e
      ENVIRONMENT "SALLYPORT_SERVER=${bin}-server;SALLYPORT_CLIENT=${bin}-client;SALLYPORT_COMMAND=${bin}")
  endif()
endforeach()
# It measures what a flood costs, and needs most of the machine to make one.
if(TEST e2e.flood)
  set_tests_properties(e2e.flood PROPERTIES RUN_SERIAL TRUE)
endif()
