# The second opinion on OCB is a program of its own that links OpenSSL and nothing of ours: the two libcryptos define
# the same symbols, and in one program one would silently stand in for the other.
find_library(OPENSSL_CRYPTO_FOR_TESTS crypto)
find_path(OPENSSL_INCLUDE_FOR_TESTS openssl/evp.h)
if(NOT OPENSSL_CRYPTO_FOR_TESTS OR NOT OPENSSL_INCLUDE_FOR_TESTS)
  message(FATAL_ERROR "the tests compare with OpenSSL: install libssl-dev (scripts/setup does), "
                      "or set SALLYPORT_TESTS=OFF")
endif()
add_executable(openssl_ocb crypto/openssl_ocb.cc)
target_include_directories(openssl_ocb SYSTEM PRIVATE ${OPENSSL_INCLUDE_FOR_TESTS})
target_link_libraries(openssl_ocb PRIVATE sallyport_warnings ${OPENSSL_CRYPTO_FOR_TESTS})
add_dependencies(crypto_tests openssl_ocb)
target_compile_definitions(crypto_tests PRIVATE OPENSSL_OCB="$<TARGET_FILE:openssl_ocb>")

add_executable(ocb_speed crypto/ocb_speed.cc)
target_link_libraries(ocb_speed PRIVATE sallyport_warnings sallyport_crypto)

# Constant time, by valgrind, which cannot run what a sanitizer instrumented.
if(NOT SALLYPORT_SANITIZE)
  find_program(VALGRIND_PROGRAM valgrind)
  find_path(VALGRIND_INCLUDE valgrind/memcheck.h)
  if(VALGRIND_PROGRAM AND VALGRIND_INCLUDE)
    add_executable(constant_time_subject crypto/constant_time_subject.cc)
    target_include_directories(constant_time_subject SYSTEM PRIVATE ${VALGRIND_INCLUDE})
    target_link_libraries(constant_time_subject PRIVATE sallyport_warnings sallyport_crypto)
    target_link_options(constant_time_subject PRIVATE -Wl,--wrap=CRYPTO_memcmp)
    add_dependencies(crypto_tests constant_time_subject)
    target_compile_definitions(crypto_tests PRIVATE VALGRIND="${VALGRIND_PROGRAM}"
      CONSTANT_TIME_SUBJECT="$<TARGET_FILE:constant_time_subject>")
  else()
    target_compile_definitions(crypto_tests PRIVATE VALGRIND="" CONSTANT_TIME_SUBJECT="")
  endif()
endif()

# How net makes and announces its key, which is in no library.
target_sources(crypto_tests PRIVATE ${PROJECT_SOURCE_DIR}/server/announce.cc)
target_link_libraries(crypto_tests PRIVATE sallyport_privsep)
