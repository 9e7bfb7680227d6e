# find_package(slipway CONFIG): the targets slipway::slipway (shared) and slipway::static.
get_filename_component(_slipway_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET slipway::slipway AND EXISTS "${_slipway_prefix}/lib/libslipway.so")
  add_library(slipway::slipway SHARED IMPORTED)
  set_target_properties(slipway::slipway PROPERTIES
    IMPORTED_LOCATION "${_slipway_prefix}/lib/libslipway.so"
    IMPORTED_NO_SONAME TRUE
    INTERFACE_INCLUDE_DIRECTORIES "${_slipway_prefix}/include")
endif()

if(NOT TARGET slipway::static AND EXISTS "${_slipway_prefix}/lib/libslipway.a")
  add_library(slipway::static STATIC IMPORTED)
  set_target_properties(slipway::static PROPERTIES
    IMPORTED_LOCATION "${_slipway_prefix}/lib/libslipway.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_slipway_prefix}/include"
    INTERFACE_LINK_LIBRARIES "pthread;dl;m;z")
endif()
