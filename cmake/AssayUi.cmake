# assay_ui(report SOURCE texts.cc [HTML page.html])
#   ui/report, built by its build.mjs into one C++ file of the build folder, again only when its sources changed. With HTML the page is
#   written there too. The modules of npm that it is built with are installed into ui/node_modules.
find_program(NODE_EXECUTABLE NAMES node nodejs)
if(NOT NODE_EXECUTABLE)
  message(FATAL_ERROR "node is not installed, and the pages are built with it: apt install nodejs npm")
endif()
set(ASSAY_UI ${CMAKE_SOURCE_DIR}/ui)

function(assay_ui NAME)
  cmake_parse_arguments(ARG "" "SOURCE;HTML" "" ${ARGN})
  set(modules ${CMAKE_CURRENT_BINARY_DIR}/${NAME}_modules.stamp)
  file(GLOB sources CONFIGURE_DEPENDS ${ASSAY_UI}/texts.mjs ${ASSAY_UI}/parts/*.ts ${ASSAY_UI}/parts/*.css ${ASSAY_UI}/${NAME}/*.mjs
       ${ASSAY_UI}/${NAME}/*.html ${ASSAY_UI}/${NAME}/src/*.ts ${ASSAY_UI}/${NAME}/src/*.css)
  add_custom_command(OUTPUT ${modules}
                     COMMAND ${CMAKE_COMMAND} -DFOLDER=${ASSAY_UI} -DNEEDS=uplot,esbuild,vite -DARGS=--omit=dev -DSTAMP=${modules}
                             -P ${CMAKE_SOURCE_DIR}/cmake/NpmInstall.cmake
                     DEPENDS ${ASSAY_UI}/package-lock.json ${CMAKE_SOURCE_DIR}/cmake/NpmInstall.cmake
                     COMMENT "Modules of the pages" VERBATIM)
  add_custom_command(OUTPUT ${ARG_SOURCE} ${ARG_HTML} COMMAND ${NODE_EXECUTABLE} ${ASSAY_UI}/${NAME}/build.mjs ${ARG_SOURCE} ${ARG_HTML}
                     DEPENDS ${modules} ${sources} COMMENT "Pages of ui/${NAME}" VERBATIM)
endfunction()
