# What tty lets through is checked by its own filter; what a terminal makes of it, by the emulator and the stock replica.
target_sources(client_screen_tests PRIVATE ${PROJECT_SOURCE_DIR}/client/tty/output_filter.cc
  ${CMAKE_CURRENT_SOURCE_DIR}/terminal/emulator_testing.cc)
