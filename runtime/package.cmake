# What a host program gets: the runtime without the compiler, as `bulkhead::runtime` (README.md in this folder).
#   cmake --install build/release --prefix /opt/bulkhead      find_package(bulkhead REQUIRED)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(BULKHEAD_PUBLIC_HEADERS
  runtime/plan/load.h
  runtime/engine/engine.h
  runtime/store/memory.h
  runtime/store/sqlite.h
  runtime/value/change.h
  runtime/wire/line.h
  runtime/client/client.h
  runtime/source/source.h
  runtime/source/sqlite_source.h)

# Everything of the runtime; the umbrella links what a host calls, and that brings the rest.
set(package_modules runtime_base runtime_value runtime_sqlite stdlib_functions runtime_vm runtime_plan runtime_wire
  runtime_dataflow runtime_store runtime_engine runtime_source runtime_client)
add_library(bulkhead_runtime INTERFACE)
add_library(bulkhead::runtime ALIAS bulkhead_runtime)
target_compile_features(bulkhead_runtime INTERFACE cxx_std_20)
set_target_properties(bulkhead_runtime PROPERTIES EXPORT_NAME runtime)
set(package_targets bulkhead_runtime)
foreach(module ${package_modules})
  target_link_libraries(bulkhead_runtime INTERFACE bulkhead_${module})
  set_target_properties(bulkhead_${module} PROPERTIES EXPORT_NAME ${module})
  list(APPEND package_targets bulkhead_${module})
endforeach()

install(CODE "
  set(ROOT [[${PROJECT_SOURCE_DIR}]])
  set(PUBLIC_HEADERS [[${BULKHEAD_PUBLIC_HEADERS}]])
  set(HEADERS_FOLDER [[${CMAKE_INSTALL_INCLUDEDIR}/bulkhead]])" COMPONENT runtime)
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/install_headers.cmake COMPONENT runtime)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/bulkhead)
install(TARGETS ${package_targets} EXPORT bulkhead
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)
install(EXPORT bulkhead NAMESPACE bulkhead:: FILE bulkhead-targets.cmake
  DESTINATION ${package_folder} COMPONENT runtime)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/bulkhead-config.cmake.in
  ${CMAKE_BINARY_DIR}/package/bulkhead-config.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/bulkhead-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/bulkhead-config.cmake
  ${CMAKE_BINARY_DIR}/package/bulkhead-config-version.cmake DESTINATION ${package_folder} COMPONENT runtime)
