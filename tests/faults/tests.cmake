# Runs a session and lets its system calls fail (tests/e2e/faults.py, kill.py). It knows the registers of one architecture.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_executable(fault_supervisor faults/fault_supervisor.cc faults/tracee.cc faults/fault.cc)
  target_include_directories(fault_supervisor PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(fault_supervisor PRIVATE sallyport_warnings sallyport_base)
endif()
target_sources(faults_tests PRIVATE faults/fault.cc)
target_link_libraries(faults_tests PRIVATE sallyport_base)
