# For scripts/figures: net's loop, which is in no library, with coverage.
if(SALLYPORT_COVERAGE)
  file(GLOB net_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/server/net_session*.cc ${PROJECT_SOURCE_DIR}/server/frame_channel*.cc)
  add_executable(preauth_run EXCLUDE_FROM_ALL figures/preauth_run.cc ${net_sources})
  target_include_directories(preauth_run PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(preauth_run PRIVATE sallyport_counted sallyport_warnings sallyport_sync sallyport_sandbox)
endif()
