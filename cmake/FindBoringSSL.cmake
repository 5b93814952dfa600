# Finds BoringSSL's libcrypto: an upstream source tree (SALLYPORT_BORINGSSL_SOURCE, linked statically: what a
# release uses) or Debian's android-libboringssl-dev. Defines BoringSSL::crypto. Only crypto/ links it.
if(SALLYPORT_BORINGSSL_SOURCE)
  set(BUILD_SHARED_LIBS OFF)
  add_subdirectory(${SALLYPORT_BORINGSSL_SOURCE} ${PROJECT_BINARY_DIR}/boringssl EXCLUDE_FROM_ALL)
  add_library(BoringSSL::crypto ALIAS crypto)
  set(BoringSSL_FOUND TRUE)
else()
  find_path(BORINGSSL_INCLUDE_DIR openssl/base.h PATHS /usr/include/android NO_DEFAULT_PATH)
  find_library(BORINGSSL_CRYPTO_LIBRARY crypto
               PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/android /usr/lib/android NO_DEFAULT_PATH)
  include(FindPackageHandleStandardArgs)
  find_package_handle_standard_args(BoringSSL REQUIRED_VARS BORINGSSL_CRYPTO_LIBRARY BORINGSSL_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "install android-libboringssl-dev (scripts/setup does) or set SALLYPORT_BORINGSSL_SOURCE")
  if(BoringSSL_FOUND AND NOT TARGET BoringSSL::crypto)
    add_library(BoringSSL::crypto UNKNOWN IMPORTED)
    get_filename_component(folder ${BORINGSSL_CRYPTO_LIBRARY} DIRECTORY)
    set_target_properties(BoringSSL::crypto PROPERTIES IMPORTED_LOCATION ${BORINGSSL_CRYPTO_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${BORINGSSL_INCLUDE_DIR}
      INTERFACE_LINK_OPTIONS "-Wl,-rpath,${folder}")
  endif()
endif()
