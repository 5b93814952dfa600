# Runs a session and lets its system calls fail (tests/e2e/faults.py, kill.py). It knows one architecture's registers.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_executable(fault_supervisor faults/fault_supervisor.cc faults/tracee.cc faults/fault.cc)
  target_include_directories(fault_supervisor PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(fault_supervisor PRIVATE sallyport_warnings sallyport_base)
endif()
# Both ends of a session in virtual time, and what is in no library.
target_sources(faults_tests PRIVATE faults/fault.cc sync/simulator_testing.cc sync/stock_peer_testing.cc
  ${PROJECT_SOURCE_DIR}/server/frame_channel.cc)
target_link_libraries(faults_tests PRIVATE sallyport_server sallyport_sync sallyport_net sallyport_proto
  sallyport_crypto sallyport_terminal sallyport_privsep sallyport_sandbox sallyport_base)
