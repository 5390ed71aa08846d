# esp_idf.cmake - runs the CMakeLists.txt of a component: its idf_component_register makes a library of it, and fails
# where ESP-IDF's would.
cmake_minimum_required(VERSION 3.16)
project(fake_esp_idf C)

function(idf_component_register)
  cmake_parse_arguments(given "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES" ${ARGN})
  if(given_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "idf_component_register does not know ${given_UNPARSED_ARGUMENTS}")
  endif()
  foreach(folder IN LISTS given_INCLUDE_DIRS)
    if(NOT IS_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/${folder}")
      message(FATAL_ERROR "${folder} is not a folder")
    endif()
  endforeach()
  add_library(component STATIC ${given_SRCS})
  target_include_directories(component PUBLIC ${given_INCLUDE_DIRS})
endfunction()

add_subdirectory("${PACKAGE}" component)
add_executable(app "${PROGRAM}")
target_link_libraries(app PRIVATE component)
