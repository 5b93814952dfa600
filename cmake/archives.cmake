# add_archive_or_package(MODULE PREFIX NAME): finds pkg-config's MODULE as the target PkgConfig::PREFIX, and where there is an archive
# libNAME.a beside the shared library makes that target link the archive.
function(add_archive_or_package module prefix name)
  pkg_check_modules(${prefix} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  find_library(${prefix}_ARCHIVE lib${name}.a)
  if(${prefix}_ARCHIVE)
    set_target_properties(PkgConfig::${prefix} PROPERTIES INTERFACE_LINK_LIBRARIES ${${prefix}_ARCHIVE})
  endif()
endfunction()
