target_link_libraries(bench_tests PRIVATE paper_model)
# The measurements of whole sessions run; no time is asserted.
add_dependencies(bench_tests session_bench floor)
find_package(Python3 COMPONENTS Interpreter REQUIRED)
add_test(NAME e2e.bench COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/smoke.py)
set_tests_properties(e2e.bench PROPERTIES TIMEOUT 300 LABELS e2e
  ENVIRONMENT "SALLYPORT_SERVER=${PROJECT_BINARY_DIR}/bin/sallyport-server;SALLYPORT_BENCH=${PROJECT_BINARY_DIR}/bench")
