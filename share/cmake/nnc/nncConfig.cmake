# nncConfig.cmake - what find_package(nnc) brings: the program nnc::nnc, and nnc_add_network.
#
#     find_package(nnc REQUIRED)
#     nnc_add_network(digits digits.yaml --target avx2 --weights digits.safetensors)
#     target_link_libraries(app PRIVATE digits)               # its sources say: #include "digits.h"
#
# Everything is found from where this file lies, so an installed tree may be moved. CMake 3.20 or later.

cmake_policy(PUSH)
cmake_policy(VERSION 3.20...3.25)

get_filename_component(nnc_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(nnc_EXECUTABLE "${nnc_PREFIX}/bin/nnc")
set(nnc_INCLUDE_DIR "${nnc_PREFIX}/include")

if(NOT EXISTS "${nnc_EXECUTABLE}" OR NOT EXISTS "${nnc_INCLUDE_DIR}/nnc/lanes.h")
  set(nnc_FOUND FALSE)
  set(nnc_NOT_FOUND_MESSAGE "there is no nnc with its headers below ${nnc_PREFIX}")
  cmake_policy(POP)
  return()
endif()

# A program of the machine that builds, whatever it builds for.
if(NOT TARGET nnc::nnc)
  add_executable(nnc::nnc IMPORTED)
  set_target_properties(nnc::nnc PROPERTIES IMPORTED_LOCATION "${nnc_EXECUTABLE}")
endif()

# The words behind these options are paths, which here begin in the folder of the CMakeLists.txt.
set(nnc_PATH_OPTIONS --weights --templates --schedule)

# nnc_add_network(TARGET SPEC.yaml [OPTION...]) - a static library of the network, printed when it is built, and anew
# when the description, or a file that it needs, changes. The options are those of nnc. TARGET.h is its header.
function(nnc_add_network target spec)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT "C" IN_LIST languages)
    message(FATAL_ERROR "nnc_add_network(${target} ...): the project must know the language C")
  endif()
  get_filename_component(spec "${spec}" ABSOLUTE)
  set(options "")
  set(last "")
  foreach(word IN LISTS ARGN)
    if(last IN_LIST nnc_PATH_OPTIONS)
      get_filename_component(word "${word}" ABSOLUTE)
    endif()
    list(APPEND options "${word}")
    set(last "${word}")
  endforeach()

  # A link beside the output instead of the folder that nnc is installed to: /usr/include is full of headers that are
  # wrong for another processor.
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/nnc_networks")
  set(runtime "${CMAKE_CURRENT_BINARY_DIR}/nnc_runtime")
  file(MAKE_DIRECTORY "${folder}" "${runtime}")
  if(NOT IS_SYMLINK "${runtime}/nnc")
    file(REMOVE_RECURSE "${runtime}/nnc")
  endif()
  file(CREATE_LINK "${nnc_INCLUDE_DIR}/nnc" "${runtime}/nnc" COPY_ON_ERROR SYMBOLIC)

  # nnc leaves alone what would not change. Ninja knows how to take that; make would run it again every time.
  set(touch "")
  if(CMAKE_GENERATOR MATCHES "Makefiles")
    set(touch COMMAND "${CMAKE_COMMAND}" -E touch "${folder}/${target}.c" "${folder}/${target}.h")
  endif()
  add_custom_command(
    OUTPUT "${folder}/${target}.c" "${folder}/${target}.h"
    COMMAND nnc::nnc "${spec}" ${options} -o "${folder}/${target}.c" -MF "${folder}/${target}.d" ${touch}
    DEPENDS "${spec}" "${nnc_EXECUTABLE}"
    DEPFILE "${folder}/${target}.d"
    COMMENT "nnc ${target}"
    VERBATIM)
  add_library(${target} STATIC "${folder}/${target}.c" "${folder}/${target}.h")
  target_include_directories(${target} PUBLIC "${folder}" "${runtime}")
endfunction()

cmake_policy(POP)
