# Flags come from three INTERFACE targets, never from global variables.
include(CheckCXXCompilerFlag)

add_library(sallyport_warnings INTERFACE)
target_compile_options(sallyport_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wimplicit-fallthrough
  -Wswitch-enum -Wvla)
if(SALLYPORT_WERROR)
  target_compile_options(sallyport_warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(sallyport_warnings INTERFACE -Wno-gnu-statement-expression -Wno-missing-field-initializers)
else()
  target_compile_options(sallyport_warnings INTERFACE -Wno-missing-field-initializers)
endif()

# Hardening is not an option. Fortify is off under sanitizers, which bring their own checks.
add_library(sallyport_hardening INTERFACE)
target_compile_options(sallyport_hardening INTERFACE -fno-exceptions -fno-strict-aliasing -fvisibility=hidden)
target_compile_definitions(sallyport_hardening INTERFACE _GLIBCXX_ASSERTIONS)
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -mbranch-protection=standard -ftrivial-auto-var-init=zero)
  string(MAKE_C_IDENTIFIER "SALLYPORT_HAS${flag}" probe)
  check_cxx_compiler_flag(${flag} ${probe})
  if(${probe})
    target_compile_options(sallyport_hardening INTERFACE ${flag})
  endif()
endforeach()
if(NOT SALLYPORT_SANITIZE AND NOT SALLYPORT_FUZZERS AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(sallyport_hardening INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
target_link_options(sallyport_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
  -Wl,--gc-sections $<IF:$<BOOL:$<TARGET_PROPERTY:SALLYPORT_STATIC>>,-static-pie,-pie>)
target_compile_options(sallyport_hardening INTERFACE -ffunction-sections -fdata-sections)

add_library(sallyport_sanitizers INTERFACE)
if(SALLYPORT_SANITIZE)
  target_compile_options(sallyport_sanitizers INTERFACE -fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(sallyport_sanitizers INTERFACE -fsanitize=${SALLYPORT_SANITIZE})
  target_compile_definitions(sallyport_sanitizers INTERFACE SALLYPORT_SANITIZED=1)
  if(SALLYPORT_SANITIZE MATCHES "undefined")
    # Its check of a virtual call makes a pipe to see whether memory can be read: the filters kill for that.
    target_compile_options(sallyport_sanitizers INTERFACE -fno-sanitize=vptr)
  endif()
endif()
if(SALLYPORT_FUZZERS)
  target_compile_options(sallyport_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()
# All code counts what it runs, but only tests and harnesses, which link this, write it down when they end: a compartment may open no file.
add_library(sallyport_counted INTERFACE)
if(SALLYPORT_COVERAGE)
  # Where LLVM_PROFILE_FILE does not say where to, nothing is left behind.
  target_compile_options(sallyport_sanitizers INTERFACE -fprofile-instr-generate=/dev/null -fcoverage-mapping)
  target_link_options(sallyport_counted INTERFACE -fprofile-instr-generate)
endif()
